package awssim

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strings"
)

// fingerprint is a hash of the parts, for ids that are the same in every run.
func fingerprint(parts ...string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(strings.Join(parts, "\x00"))) // hash.Hash.Write never fails
	return h.Sum64()
}

func hexID(seed uint64, i int) string {
	x := mix(seed + uint64(i))
	return fmt.Sprintf("%016x%x", x, mix(x)>>60)
}

// An ${id} holds where it stands, so that a record is found again by its id without an index: 12 bits of group, 4 of
// slot, 48 of i, mixed by a bijection. Thirteen characters of base 32 are 65 bits.
const idSlots = 1 << 4

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func appendID(b []byte, seed uint64, group, slot, i int) []byte {
	var raw [8]byte
	binary.BigEndian.PutUint64(raw[:], mix(seed^(uint64(group)<<52|uint64(slot)<<48|uint64(i))))
	return idEncoding.AppendEncode(b, raw[:])
}

// parseID is the inverse of appendID; ok is false for what is no id at all.
func parseID(s string, seed uint64) (group, slot, i int, ok bool) {
	raw, err := idEncoding.DecodeString(s)
	if err != nil || len(raw) != 8 {
		return 0, 0, 0, false
	}
	x := unmix(binary.BigEndian.Uint64(raw)) ^ seed
	return int(x >> 52), int(x >> 48 & (idSlots - 1)), int(x & (1<<48 - 1)), true
}

// mix is the finalizer of SplitMix64 (Steele, Lea, Flood 2014), a bijection, and unmix its inverse.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func unmix(x uint64) uint64 {
	x = (x ^ x>>31 ^ x>>62) * 0x319642b2d24d8ec3
	x = (x ^ x>>27 ^ x>>54) * 0x96de1b173f119089
	return x ^ x>>30 ^ x>>60
}
