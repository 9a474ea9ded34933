package awssim

import (
	"encoding/json"
	"slices"
)

// addAsset and addInstance add to an Outpost what it has, or what runs on it.
func addAsset(o *outpost, body []byte) error {
	o.assets = append(o.assets, body)
	return nil
}

func addInstance(o *outpost, body []byte) error {
	o.instances = append(o.instances, body)
	return nil
}

func listAssets(c *call) (reply, error) {
	return c.capacity("Assets", func(o *outpost) ([][]byte, error) { return o.assets, nil })
}

func listAssetInstances(c *call) (reply, error) {
	return c.capacity("AssetInstances", func(o *outpost) ([][]byte, error) { return o.instances, nil })
}

// capacity answers a page of what an Outpost has of a list, which only its owner may see.
func (c *call) capacity(key string, of func(*outpost) ([][]byte, error)) (reply, error) {
	o, err := c.ownOutpost("OutpostId")
	if err != nil {
		return nil, err
	}
	list, err := of(o)
	if err != nil {
		return nil, err
	}
	return page(c, key, c.outpostsPage(), list)
}

// listBlockingInstances answers with every instance of the Outpost, as AWS does, but for those of the services that the task excludes.
func listBlockingInstances(c *call) (reply, error) {
	return c.capacity("BlockingInstances", func(o *outpost) ([][]byte, error) {
		body, err := c.task(o.id)
		if err != nil {
			return nil, err
		}
		var task struct{ InstancesToExclude struct{ Services []string } }
		if err := json.Unmarshal(body, &task); err != nil {
			return nil, err
		}
		var blocking [][]byte
		for _, i := range o.instances {
			if !slices.Contains(task.InstancesToExclude.Services, textMember(i, "AwsServiceName")) {
				blocking = append(blocking, pick(i, "InstanceId", "AccountId", "AwsServiceName").encode())
			}
		}
		return blocking, nil
	})
}
