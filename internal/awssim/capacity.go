package awssim

import (
	"encoding/json"
	"fmt"
	"slices"
)

// addCapacity adds an asset to an Outpost of the scope, or an instance that runs on it: an element of the lists assets and
// asset_instances, whose Outpost stands before it in the file.
func (s *scope) addCapacity(outpostID, body []byte, to func(*outpost) *[][]byte) error {
	var id string
	if err := json.Unmarshal(outpostID, &id); err != nil {
		return fmt.Errorf("the id of an Outpost: %w", err)
	}
	i := slices.IndexFunc(s.outposts, func(o outpost) bool { return o.id == id })
	if i < 0 {
		return fmt.Errorf("the Outpost %q is not among those of the scope", id)
	}
	list := to(&s.outposts[i])
	*list = append(*list, body)
	return nil
}

func assetsOf(o *outpost) *[][]byte    { return &o.assets }
func instancesOf(o *outpost) *[][]byte { return &o.instances }

func listAssets(c *call) (reply, error)         { return c.capacity("Assets", assetsOf) }
func listAssetInstances(c *call) (reply, error) { return c.capacity("AssetInstances", instancesOf) }

// capacity answers a page of what an Outpost has of a list, which only its owner may see.
func (c *call) capacity(key string, of func(*outpost) *[][]byte) (reply, error) {
	o, err := c.ownOutpost("OutpostId")
	if err != nil {
		return nil, err
	}
	p := c.outpostsPage()
	p.filter = o.id
	list := *of(o)
	return c.list(key, p, len(list), func(b []byte, i int) []byte { return append(b, list[i]...) })
}

// listBlockingInstances answers with every instance of the Outpost, as AWS does, but for those of the services that the task excludes.
func listBlockingInstances(c *call) (reply, error) {
	o, err := c.ownOutpost("OutpostId")
	if err != nil {
		return nil, err
	}
	id := c.path("CapacityTaskId")
	i := slices.IndexFunc(c.scope.tasks, func(t capacityTask) bool { return t.id == id && t.outpost == o.id })
	if i < 0 {
		return nil, notFound("The capacity task %s of %s was not found.", id, o.id)
	}
	var task struct{ InstancesToExclude struct{ Services []string } }
	if err := json.Unmarshal(c.scope.tasks[i].body, &task); err != nil {
		return nil, err
	}
	var blocking [][]byte
	for _, body := range o.instances {
		var instance struct{ AwsServiceName string }
		if err := json.Unmarshal(body, &instance); err != nil {
			return nil, err
		}
		if slices.Contains(task.InstancesToExclude.Services, instance.AwsServiceName) {
			continue
		}
		shown, err := pick(body, "InstanceId", "AccountId", "AwsServiceName")
		if err != nil {
			return nil, err
		}
		blocking = append(blocking, shown.encode())
	}
	p := c.outpostsPage()
	p.filter = id
	return c.list("BlockingInstances", p, len(blocking), func(b []byte, i int) []byte { return append(b, blocking[i]...) })
}
