package billing

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"tenor/audit"
)

// TestDocumentsReadAtOnce: the workers of a run read the bill side by side, of accounts too that it says nothing of.
func TestDocumentsReadAtOnce(_ *testing.T) {
	d := Join(&audit.Charges{}, Known{}, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for account := range 2000 {
				id := strconv.Itoa(account)
				d.Outpost(id, "eu-central-1", "op-1")
				d.Product(id, "arn:aws:servicecatalog:eu-central-1:"+id+":pp-1")
				d.Account(id)
			}
		})
	}
	readers.Wait()
}
