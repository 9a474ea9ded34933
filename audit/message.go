package audit

import (
	"fmt"
	"unicode/utf8"
)

// MaxMessage bounds the messages of the ledger, in bytes.
const MaxMessage = 2 << 10

// LedgerMessage is a message of the ledger, which may be somebody else's: on one line, and of MaxMessage bytes at the most.
func LedgerMessage(s string) string { return Clip(OneLine(s), MaxMessage) }

// Clip returns s in at most that many bytes. It says how many are left out.
func Clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	const says = "… (%d more bytes)"
	end := most - len(says) - 18 // more than any number has digits
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + fmt.Sprintf(says, len(s)-end)
}
