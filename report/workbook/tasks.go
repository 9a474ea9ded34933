package workbook

import (
	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// task is a row of Capacity tasks.
type task struct {
	source
	spec struct {
		OutpostId, OrderId, AssetId, CapacityTaskStatus, DryRun scalar
		CreationDate, LastModifiedDate, CompletionDate          scalar
		RequestedInstancePools                                  []instancePool
		Failed                                                  struct{ Type, Reason scalar }
	}
	blocking struct{ BlockingInstances []blockingInstance } // of which some have to stop before it can run
}

type instancePool struct{ InstanceType, Count scalar }

type blockingInstance struct{ InstanceId, AccountId scalar }

func newTask(r *audit.Resource) (*task, error) {
	t := &task{source: sourceOf(r)}
	t.decode("spec", r.Spec, &t.spec)
	t.decode("blocking_instances", r.Related["blocking_instances"], &t.blocking)
	return t, nil
}

func taskColumns() []xlsx.Column[*task] {
	return []xlsx.Column[*task]{
		id[*task]("Task ID"),
		account[*task](),
		region[*task](),
		{Head: "Status", Of: func(t *task) string { return string(t.spec.CapacityTaskStatus) },
			Look: func(t *task) xlsx.Look { return badIf(t.spec.CapacityTaskStatus == "FAILED") }},
		{Head: "Dry run", Of: func(t *task) string { return yes(t.spec.DryRun == "true") }},
		shown("Created", xlsx.Moment, func(t *task) scalar { return t.spec.CreationDate }),
		shown("Last modified", xlsx.Moment, func(t *task) scalar { return t.spec.LastModifiedDate }),
		shown("Completed", xlsx.Moment, func(t *task) scalar { return t.spec.CompletionDate }),
		{Head: "Requested instances", Kind: xlsx.Prose, Of: func(t *task) string {
			return list(t.spec.RequestedInstancePools, func(p instancePool) string { return string(p.Count + " × " + p.InstanceType) })
		}},
		shown("Failure", xlsx.Text, func(t *task) scalar { return t.spec.Failed.Type }),
		shown("Reason", xlsx.Prose, func(t *task) scalar { return t.spec.Failed.Reason }),
		{Head: "Outpost ID", Kind: xlsx.Ident, Screen: true, Of: func(t *task) string { return string(t.spec.OutpostId) }},
		{Head: "Blocking instances", Kind: xlsx.Prose, Width: screenWidth, Of: func(t *task) string {
			return list(t.blocking.BlockingInstances, func(i blockingInstance) string { return string(i.InstanceId + " (" + i.AccountId + ")") })
		}},
		shown("Order ID", xlsx.Ident, func(t *task) scalar { return t.spec.OrderId }),
		shown("Asset ID", xlsx.Ident, func(t *task) scalar { return t.spec.AssetId }),
		gaps[*task](),
	}
}
