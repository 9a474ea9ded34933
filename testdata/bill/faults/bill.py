"""The estate beside this as the reference's writer of exports wants it, with a bill that has each fault it can inject."""
import datetime as dt, json, os

def day(s): return dt.datetime.fromisoformat(s).replace(tzinfo=dt.timezone.utc)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "estate.json")) as f: KNOWN = json.load(f)
MANAGEMENT, ROLE, EXTERNAL_ID = "900000000009", "TenorAudit", "example"
AS_OF, REGIONS, NO_ROLE, DENIED, HERE = day("2026-10-20"), ["eu-central-1", "us-east-1"], {"111122223310"}, "111122223312", {}
def at(a, r): return HERE.setdefault((a, r), dict(outposts=[], products=[], records=[]))

for r in KNOWN["resources"]:
    here, spec = at(r["account"], r["region"]), r["spec"]
    if r["kind"] == "outposts.outpost":
        billing = r["related"]["billing"]
        billing = billing | dict(Subscriptions=[s | {k: day(s[k][:10]) for k in ("BeginDate", "EndDate")} for s in billing["Subscriptions"]])
        here["outposts"].append(dict(Outpost=spec, billing="denied" if r["account"] == DENIED else billing))
    else:
        here["products"].append(spec | dict(Arn=r["arn"], LastRecordId="rec-" + r["id"]))
        here["records"].append(dict(RecordId="rec-" + r["id"], CreatedTime=day("2026-08-05")))
ACCOUNTS = [dict(Id=a, Name="n" + a) for a in sorted({a for a, _ in KNOWN["read"]} | NO_ROLE)]
def estate(a, r): return at(a, r)

PLANT = [f"11112222330{i}" for i in range(10)]
OUTPOST = {s["SubscriptionId"]: x["Outpost"]["OutpostId"] for e in HERE.values() for x in e["outposts"] if x["billing"] != "denied" for s in x["billing"]["Subscriptions"]}
def fault(kind, id, period, **k): return dict(kind=kind, id=id, period=period, outpost=OUTPOST[id], **k)
FAULTS = [fault("more", f"sub-{i}", "2026-08", amount="250.00") for i in ("none1-more", "linetype-more")] + [fault("more", "sub-n2-1", "2026-08", amount="10.00")]
for key in ("commit", "desc", "res"):
    FAULTS += [fault("more", f"sub-{key}-more", "2026-08", amount="250.00"), fault("twice", f"sub-{key}-twice", "2026-08"), fault("skip", f"sub-{key}-skip", "2026-08"),
               fault("move", f"sub-{key}-move", "2026-07", to="2026-08"), fault("sign", f"sub-{key}-sign", "2026-07", to="2026-07"), fault("after", f"sub-{key}-after", "2026-08", amount="800.00"),
               fault("more", f"sub-{key}-correct", "2026-07", amount="100.00"), fault("correct", f"sub-{key}-correct", "2026-09", amount="-100.00"), fault("more", f"sub-{key}-cents", "2026-08", amount="0.03")]
FAULTS.append(dict(kind="after", id="sub-u", outpost=at(DENIED, "eu-central-1")["outposts"][0]["Outpost"]["OutpostId"], period="2026-08", amount="500.00"))
def arn(name): return f"arn:aws:servicecatalog:eu-central-1:{PLANT[0]}:stack/{name}/pp-{name}"
BILL = dict(months=4, faults=FAULTS, key={PLANT[1]: "description", PLANT[2]: "resource", PLANT[3]: "none", PLANT[4]: "none", DENIED: "none"}, payer={PLANT[5]: "900000000015", PLANT[6]: "900000000025"},
            currency={"900000000015": "EUR"}, tag_inactive={"900000000025"}, discount={PLANT[7]: "0.1"}, prorate={PLANT[8]}, linetype={PLANT[9]: "Fee"}, hostile=True, future_from="2026-09",
            ghosts=[dict(account=a, region=r, outpost=o, period=p, amount=m) for a, r, o, p, m in ((PLANT[2], "eu-central-1", "op-0eeeeeeeeeeeeeeee", "2026-08", "77.77"),
                    (PLANT[1], "eu-central-1", "op-0ddddddddddddddd1", "2026-07", "66.66"), (PLANT[0], "us-east-1", "op-0fffffffffffffff1", "2026-08", "55.50"), (*NO_ROLE, "eu-central-1", "op-0ccccccccccccccc1", "2026-08", "44.40"))],
            costs={"pp-web": [("AmazonEC2", "100.10", "2026-01", "2027-01")], "pp-bad": [("AmazonEC2", "33.33", "2026-01", "2027-01"), ("AmazonRDS", "66.67", "2026-09", "2027-01")],
                   "pp-ina": [("AmazonEC2", "5.00", "2026-01", "2027-01")]},
            gone={arn("gone"): [("AmazonS3", "12.34", "2026-01", "2027-01")], arn("over"): [("AmazonS3", "9.99", "2026-01", "2026-07")],
                  arn("alien").replace(PLANT[0], "999999999999"): [("AmazonS3", "3.21", "2026-01", "2027-01")]})
