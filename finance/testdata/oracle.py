#!/usr/bin/env python3
"""The state of each contract and what is recommended, a second time, in another language.

Written from the rules and docs/finance.md alone; finance/oracle_test.go compares it with the program. Standard library only.
Reads an estate a line on stdin: {"as_of", "assumptions", "outposts": [resource documents]}. Writes a line for each: the facts by
Outpost id, and the totals. Amounts are whole cents, dates YYYY-MM-DD, rates percent; null is unknown.
"""
import calendar as months_of
import datetime as dt
import functools
import json
import re
import sys
from decimal import ROUND_HALF_UP, Decimal, getcontext

getcontext().prec = 60
ROLLING_DAYS = 45
TERMS = {"ONE_YEAR": 12, "THREE_YEARS": 36, "FIVE_YEARS": 60}
DAY = dt.timedelta(days=1)


# --- dates ---

def calendar_date(text):
    """The calendar date as it is written, in its own offset; None where it cannot be read or lies outside 2015-2100."""
    if isinstance(text, Decimal):
        text = str(text)
    if not isinstance(text, str):
        return None
    text, found = text.strip(), None
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        found = text
    elif re.fullmatch(r"\d{2}/\d{2}/\d{4}", text):
        found = f"{text[6:]}-{text[:2]}-{text[3:5]}"
    elif re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text):
        seconds = int(text.split(".")[0])
        found = str((dt.datetime(1970, 1, 1) + dt.timedelta(seconds=min(seconds, 10**10))).date())
    elif m := re.fullmatch(r"(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2})", text):
        if int(m[2]) > 23 or int(m[3]) > 59 or int(m[4]) > 59:
            return None
        found = m[1]
    try:
        day = dt.date.fromisoformat(found or "")
    except ValueError:
        return None
    return day if 2015 <= day.year <= 2100 else None


def nth_weekday(year, month, weekday, n):
    """The n-th such weekday of the month; the last one with n = -1."""
    days = [d for w in months_of.monthcalendar(year, month) if (d := w[weekday])]
    return dt.date(year, month, days[n - 1 if n > 0 else n])


@functools.cache
def federal_holidays(year):
    """The days on which the federal holidays of that year are observed (the first may be in the year before)."""
    fixed = [(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)]
    moved = [(1, 0, 3), (2, 0, 3), (5, 0, -1), (9, 0, 1), (10, 0, 2), (11, 3, 4)]
    days = {nth_weekday(year, *m) for m in moved}
    for month, day in fixed:
        if (month, day) == (6, 19) and year < 2021:
            continue
        d = dt.date(year, month, day)
        days.add(d - DAY if d.weekday() == 5 else d + DAY if d.weekday() == 6 else d)
    return days


def business(day, ass):
    if day.weekday() >= 5 or str(day) in ass["holidays"]:
        return False
    return ass["calendar"] != "us" or day not in federal_holidays(day.year) | federal_holidays(day.year + 1)


def business_days_before(day, n, ass):
    while n > 0:
        day -= DAY
        n -= business(day, ass)
    return day


def months_later(day, n):
    month = day.month - 1 + n
    year, month = day.year + month // 12, month % 12 + 1
    return dt.date(year, month, min(day.day, months_of.monthrange(year, month)[1]))


# --- subscriptions ---

class Subscription:
    def __init__(self, raw):
        self.raw = raw
        self.id, self.type, self.status = raw.get("SubscriptionId"), raw.get("SubscriptionType"), raw.get("SubscriptionStatus")
        self.begin, self.end = calendar_date(raw.get("BeginDate")), calendar_date(raw.get("EndDate"))
        self.rolling = self.type == "RENEWAL" and None not in (self.begin, self.end) and 0 <= (self.end - self.begin).days <= ROLLING_DAYS
        self.term = not self.rolling and self.type != "CAPACITY_INCREASE"
        self.damaged = False
        self.monthly = raw.get("MonthlyRecurringPrice") if raw.get("Currency", "USD") == "USD" else None

    def begun(self, today):
        return self.begin is not None and self.begin <= today

    def months(self):
        days = Decimal((self.end - self.begin).days)
        return max(1, int((days / Decimal("30.4375")).quantize(Decimal(1), ROUND_HALF_UP)))


def subscriptions(billing):
    """Each once; one id with different content loses its prices, not its dates."""
    seen, out = set(), []
    for raw in billing.get("Subscriptions") or []:
        text = json.dumps(raw, sort_keys=True, default=str)
        if text not in seen:
            seen.add(text)
            out.append(Subscription(raw))
    for s in out:
        if s.id is not None and sum(o.id == s.id for o in out) > 1:
            s.monthly, s.damaged = None, True
    return out


# --- the state ---

def contract(billing, subs, today):
    """The contract end; None where no date says it."""
    ends = [s.end for s in subs if s.term and s.status == "ACTIVE" and s.end]
    if written := calendar_date(billing.get("ContractEndDate")):
        ends.append(written)
    ahead = [e for e in ends if e >= today]
    if ahead:
        return min(ahead)
    if ends:
        return max(ends)
    month = lambda s: s.type == "RENEWAL" and not (s.begin and s.end and s.begin <= s.end) and s.status == "INACTIVE"
    return max((s.end for s in subs if s.term and s.status != "CANCELLED" and not month(s) and s.end), default=None)


def renews(s, running_end, today):
    if not s.term or s.type != "RENEWAL" or s.status not in ("PENDING", "ACTIVE") or s.end is None or running_end is None:
        return False
    if s.begin is None:
        # One that has not begun, and ends so soon, is a month.
        if s.status != "PENDING" or (s.end - today).days <= ROLLING_DAYS:
            return False
    elif (running_end - s.begin).days > ROLLING_DAYS or s.status == "PENDING" and (today - s.begin).days > ROLLING_DAYS:
        return False
    return s.end >= today and (s.end - running_end).days > ROLLING_DAYS


def state(doc, subs, end, today, ass):
    if doc["spec"].get("LifeCycleStatus") in ass["retired_statuses"]:
        return "retired"
    billing = doc["related"].get("billing")
    if billing is None:
        return "unknown"
    terms = [s for s in subs if s.term]
    # A renewal of unknown length may have been a month: it says nothing of what is given back.
    known = [s for s in terms if s.type != "RENEWAL" or s.begin and s.end and s.begin <= s.end]
    telling = [s for s in terms if s in known or s.status != "CANCELLED"]
    if telling and all(s.status == "CANCELLED" for s in telling):
        return "retired"
    if telling and all(s.status in ("CANCELLED", "INACTIVE") for s in telling) and end and end >= today \
            and any(s.end and s.end >= today for s in known):
        return "retired"
    ahead = [s for s in terms if s.status == "ACTIVE" and s.end and s.end >= today]
    begun = [s.end for s in ahead if s.begun(today)]
    undated = [s.end for s in ahead if s.begin is None]
    running_end = min(begun) if begun else max(undated) if undated else end
    if any(renews(s, running_end, today) for s in terms):
        return "renewed"
    if any(s.status == "ACTIVE" and s.end is None for s in terms) and not (end and end >= today):
        return "unknown"
    if all(s.status in ("CANCELLED", "INACTIVE") for s in terms) \
            and any(s.rolling and s.status != "CANCELLED" and s.begun(today) for s in subs):
        return "month_to_month"
    if end is None:
        return "unknown"
    return "month_to_month" if end < today else "running"


# --- money ---

def cents(amount):
    return None if amount is None else int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))


@functools.cache
def annuity(months, rate):
    v = (1 + rate) ** (Decimal(-1) / 12)
    return sum((v ** k for k in range(months)), Decimal(0))


class Option:
    def __init__(self, raw):
        self.term, self.option = raw.get("PaymentTerm"), raw.get("PaymentOption")
        self.months = TERMS.get(self.term, 0)
        zero = Decimal(0)
        self.upfront = raw.get("UpfrontPrice", zero if self.option == "NO_UPFRONT" else None)
        self.monthly = raw.get("MonthlyRecurringPrice", zero if self.option == "ALL_UPFRONT" else None)
        self.measured = self.months > 0 and raw.get("Currency", "USD") == "USD" and None not in (self.upfront, self.monthly)

    def level(self, rate):
        return self.monthly + self.upfront / annuity(self.months, rate)

    def total(self):
        return self.upfront + self.monthly * self.months


def options(doc):
    pricing = doc["related"].get("renewal_pricing") or {}
    every = [Option(o.get("SubscriptionPricingDetails") or {}) for o in pricing.get("PricingOptions") or []]
    return [o for o in every if o.measured]


def best(opts, rate):
    return min(opts, key=lambda o: (o.level(rate), o.upfront, o.months), default=None)


def month_to_month_price(st, subs, opts, today, ass):
    if st == "month_to_month":
        live = [s for s in subs if s.rolling and s.status == "ACTIVE" and s.begun(today)]
        runs = [s for s in live if s.end >= today]
        counted = [s for s in live
                   if not (s.end < today and any(o is not s for o in runs))
                   and not any(o is not s and abs((o.begin - s.end).days) <= 1 for o in live)]
        if any(s.damaged for s in counted):
            return None, None
        if counted and all(s.monthly is not None for s in counted) and (total := sum(s.monthly for s in counted)) > 0:
            return total, "billed"
    for term in sorted(TERMS, key=TERMS.get):
        if TERMS[term] >= TERMS[ass["month_to_month_term"]]:
            for o in opts:
                if o.term == term and o.option == "NO_UPFRONT":
                    return o.monthly, "assumed"
    return None, None


def named(action, o=None):
    return {"action": action, "payment_term": o and o.term, "payment_option": o and o.option}


def recommend(allowed, price, source, rate):
    o = best(allowed, rate)
    if o is None:
        return None, None
    level = o.level(rate)
    if price is not None and (level > price or source == "billed" and level >= price):
        return named("month_to_month"), None
    return named("renew", o), o


def switches(allowed, price, source, configured):
    """Where, over 0 to 30 % in steps of 0.01, another is recommended than a step before: the first step of each stretch.
    Sums over a grid, with no clever search: slow, and independent of how the program finds them."""
    out, before = [], None
    for i in range(3001):
        now, _ = recommend(allowed, price, source, Decimal(i) / 10000)
        if i and now != before:
            out.append({"percent": i / 100, "before": before, "after": now})
        before = now
    return out


def remaining(subs, today):
    """The months not yet charged; None where a subscription that counts cannot be scheduled."""
    total = Decimal(0)
    for s in subs:
        if s.status not in ("ACTIVE", "PENDING"):
            continue
        if None in (s.begin, s.end, s.monthly) or s.end < s.begin:
            return None
        total += s.monthly * sum(months_later(s.begin, k) > today for k in range(s.months()))
    return total


def facts(doc, today, ass):
    if doc["spec"].get("OwnerId", doc["account"]) != doc["account"]:
        return {"state": None}
    billing = doc["related"].get("billing")
    subs = subscriptions(billing or {})
    end = contract(billing or {}, subs, today)
    st = state(doc, subs, end, today, ass)
    opts, rate = options(doc), ass["discount_rate"]
    price, source = month_to_month_price(st, subs, opts, today, ass)
    allowed = [o for o in opts if o.term in ass["allowed_terms"] and o.option in ass["allowed_options"]]
    rec, option = recommend(allowed, price, source, rate)
    cost = None
    if rec and price is not None:
        cost = price - option.level(rate) if option else Decimal(0)
    approval = False
    if option and ass["approval_limit"] is not None:
        approval = (option.total() if ass["approval_basis"] == "total" else option.upfront) > ass["approval_limit"]
    notice = end and business_days_before(end, ass["notice_business_days"], ass)
    return {
        "state": st,
        "contract_end": end and str(end),
        "days_to_end": end and (end - today).days,
        "notice_deadline": str(notice) if notice and st != "month_to_month" else None,
        "month_to_month": cents(price),
        "month_to_month_source": source,
        "level_prices": [[o.term, o.option, cents(o.level(rate))] for o in opts],
        "recommended": rec,
        "cost_of_inaction": cents(cost),
        "needs_approval": approval,
        "total": cents(option.total()) if option else None,
        "switches": switches(allowed, price, source, rate) if ass["switch_rates"] and allowed else [],
        "remaining": cents(remaining(subs, today)) if billing is not None else None,
    }


def totals(all_facts, today):
    due = {}
    for days in (30, 90, 180):
        row = {"count": 0, "amount": 0, "unpriced": 0}
        for f in all_facts:
            if f["state"] != "running" or not f["notice_deadline"]:
                continue
            if (dt.date.fromisoformat(f["notice_deadline"]) - today).days > days:
                continue
            row["count"] += 1
            row["amount"] += f["total"] or 0
            row["unpriced"] += f["recommended"] is None
        due[str(days)] = row
    mtm = [f for f in all_facts if f["state"] == "month_to_month"]
    return {"due": due, "month_to_month": {
        "count": len(mtm),
        "price": sum(f["month_to_month"] or 0 for f in mtm),
        "above_recommended": sum(f["cost_of_inaction"] or 0 for f in mtm),
    }}


def main():
    for line in sys.stdin:
        estate = json.loads(line, parse_float=Decimal, parse_int=Decimal)
        ass = estate["assumptions"]
        today = dt.datetime.fromisoformat(estate["as_of"].replace("Z", "+00:00")).astimezone(dt.timezone.utc).date()
        by_id = {d["id"]: facts(d, today, ass) for d in estate["outposts"]}
        print(json.dumps({"outposts": by_id, "totals": totals(by_id.values(), today)}), flush=True)


if __name__ == "__main__":
    main()
