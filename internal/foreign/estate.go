package foreign

import (
	"encoding/json"
	"maps"
	"slices"

	"tenor/internal/awssim"
)

// free are the members of AWS's documents that anyone with the right to name things, or AWS, may put any text into.
var free = []string{"Name", "ProductName", "ProvisionedProductName", "ProvisioningArtifactName", "Description", "ShortDescription",
	"DisplayName", "ProviderName", "Owner", "StatusMessage", "LastSyncStatusMessage", "Reason", "Notes", "OperatingAddressCity"}

// Estate is the demo's, as a file of awssim's, with a string of the table at the end of every text that is free; the same text has the
// same string everywhere.
func Estate() ([]byte, error) {
	var root map[string]any
	if err := json.Unmarshal([]byte(awssim.Demo), &root); err != nil {
		return nil, err
	}
	numbers := map[string]int{}
	marked := func(text string) string {
		n, known := numbers[text]
		if !known {
			n = len(numbers)
			numbers[text] = n
		}
		return Marked(text, n)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				e := v[key]
				text, ok := e.(string)
				tag := key == "Value" && (v["Key"] == "Owner" || v["Key"] == "CostCenter")
				if ok && (slices.Contains(free, key) || tag) {
					v[key] = marked(text)
				} else {
					walk(e)
				}
			}
		}
	}
	walk(root["scopes"])
	accounts, _ := root["accounts"].([]any)
	for _, a := range accounts {
		account, _ := a.(map[string]any)
		if name, ok := account["name"].(string); ok {
			account["name"] = marked(name)
		}
	}
	return json.Marshal(root)
}
