# Words of messages.
package tenor.lib.text

# counted is a number of things, whose name is made plural with an s.
counted(n, noun) := sprintf("%v %s%s", [n, noun, _plural(n)])

_plural(n) := "" if n == 1

_plural(n) := "s" if n != 1
