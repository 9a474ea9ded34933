# Lengths of time in nanoseconds, the unit of time.parse_rfc3339_ns and of data.tenor.run.as_of_ns.
package tenor.lib.clock

days(n) := n * 86400000000000

hours(n) := n * 3600000000000

# whole_days is a length of time in days, rounded down.
whole_days(ns) := floor(ns / 86400000000000)

whole_hours(ns) := floor(ns / 3600000000000)

# date is the day of an RFC 3339 timestamp in UTC.
date(timestamp) := substring(timestamp, 0, 10)
