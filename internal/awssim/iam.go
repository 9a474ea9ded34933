package awssim

import (
	"net/http"
	"slices"
	"strings"
)

// getPrincipal answers for a role, user or group of the account. Each one is there but for those that the estate says are deleted.
func getPrincipal(c *call) (reply, error) {
	kind := strings.TrimPrefix(c.operation.name, "Get") // Role, User or Group
	lower, name := strings.ToLower(kind), c.query.Get(kind+"Name")
	if name == "" {
		return nil, c.invalid("1 validation error detected: Value null at '%sName' failed to satisfy constraint: Member must not be null", lower)
	}
	if a := c.estate.account(c.account); slices.Contains(a.Deleted, lower+"/"+name) {
		return nil, &apiError{http.StatusNotFound, "NoSuchEntity", "The " + lower + " with name " + name + " cannot be found."}
	}
	principal := reply{
		text("Path", "/"), text(kind+"Name", name), text(kind+"Id", "A"+strings.ToUpper(hexID(fingerprint(c.account, name), 0))),
		text("Arn", "arn:"+c.partition()+":iam::"+c.account+":"+lower+"/"+name), text("CreateDate", "2019-01-01T00:00:00Z"),
	}
	out := reply{{kind, principal.encode()}}
	if kind == "Group" {
		out = append(out, field{"Users", []byte("[]")}) // the members of a group, of which none is simulated
	}
	return out, nil
}
