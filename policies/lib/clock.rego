# Lengths of time in nanoseconds, the unit of time.parse_rfc3339_ns and of data.tenor.run.as_of_ns.
package tenor.lib.clock

import data.tenor.lib.text

days(n) := n * 86400000000000

hours(n) := n * 3600000000000

# lasted is a length of time in words, rounded down: in hours up to three days, in days from there.
lasted(ns) := text.counted(floor(ns / hours(1)), "hour") if ns < days(3)

lasted(ns) := text.counted(floor(ns / days(1)), "day") if ns >= days(3)

# date is the day that is written in an RFC 3339 timestamp, or in a date.
date(timestamp) := substring(timestamp, 0, 10)

# days_between is the difference of two calendar days, each of an RFC 3339 timestamp or a date: negative where to is the earlier.
days_between(from, to) := (_midnight(to) - _midnight(from)) / 86400000000000

_midnight(timestamp) := time.parse_ns("2006-01-02", date(timestamp))

# days_apart is how far two calendar days are from one another.
days_apart(a, b) := abs(days_between(a, b))
