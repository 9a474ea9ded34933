package audit

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// asides are what a message says and its reader can do without, in the order in which a message does. Of an error of AWS: where the request
// is kept, the class of the error, whose text follows, all of an ARN but what it names, the session of who was denied, and what on. And a
// list of ids after a colon, whole.
var asides = [...]struct {
	is    *regexp.Regexp
	stays string
}{
	{regexp.MustCompile(` ?\((?:Service|Request)[^()]*\)|,? Request ?I[Dd]: [0-9A-Za-z-]+`), ""},
	{regexp.MustCompile(`\b\w+Exception: `), ""},
	{regexp.MustCompile(`\barn:aws[0-9a-z-]*:[0-9A-Za-z-]*:[0-9a-z-]*:[0-9]*:`), ""},
	{regexp.MustCompile(`\bUser: (?:assumed-role|role|user)/([^/ ]+)(?:/\S+)?`), "$1"},
	{regexp.MustCompile(`(\bnot authorized to perform: \S+) on resource: \S+`), "$1"},
	{regexp.MustCompile(`: [a-z]+-[0-9a-z]{8,}(?:, [a-z]+-[0-9a-z]{8,})+(?: and [0-9,]+ more)?(;|$)`), "$1"},
}

// Shorten returns a message in at most n characters, of which it takes no more out than it has to and keeps the point: the asides first,
// then, at a word, what stands in the middle. A message says at its begin what is wrong, and an error of AWS, which
// it quotes behind that, ends with why.
func Shorten(s string, n int) string {
	for _, a := range asides {
		if fits(s, n) {
			return s
		}
		s = a.is.ReplaceAllString(s, a.stays)
	}
	if fits(s, n) {
		return s
	}
	const cut = " … "
	r := []rune(s)
	if n < 4*len(cut) { // too little to have a middle
		return Cut(s, n)
	}
	end := string(r[len(r)-(n-3)/3:])
	if i := strings.IndexByte(end, ' '); 0 <= i && i < len(end)/2 {
		end = end[i+1:]
	}
	begin := string(r[:n-3-utf8.RuneCountInString(end)])
	if i := strings.LastIndexByte(begin, ' '); i > len(begin)/2 {
		begin = begin[:i]
	}
	return strings.TrimRight(begin, " ,;:(") + cut + strings.TrimLeft(end, " ")
}

// Cut cuts a string to at most n runes, the last of which is then an ellipsis, and looks at no more of it.
func Cut(s string, n int) string {
	count, last := 0, 0
	for i := range s {
		if count >= n {
			return s[:last] + "…"
		}
		count, last = count+1, i
	}
	return s
}

// fits reports whether s has at most n characters, and looks at no more of it than it has to.
func fits(s string, n int) bool {
	if len(s) <= n {
		return true
	}
	count := 0
	for range s {
		if count++; count > n {
			return false
		}
	}
	return true
}
