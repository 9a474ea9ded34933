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
}

type instancePool struct{ InstanceType, Count scalar }

func newTask(r *audit.Resource) *task {
	t := &task{source: sourceOf(r)}
	t.decode("spec", r.Spec, &t.spec)
	return t
}

func taskColumns() []xlsx.Column[*task] {
	spec := func(head string, k xlsx.Kind, of func(t *task) scalar) xlsx.Column[*task] {
		return xlsx.Column[*task]{Head: head, Kind: k, Of: func(t *task) string { return string(of(t)) }}
	}
	return []xlsx.Column[*task]{
		id[*task]("Task ID"),
		account[*task](),
		region[*task](),
		{Head: "Status", Of: func(t *task) string { return string(t.spec.CapacityTaskStatus) },
			Look: func(t *task) xlsx.Look { return badIf(t.spec.CapacityTaskStatus == "FAILED") }},
		{Head: "Dry run", Of: func(t *task) string { return yes(t.spec.DryRun == "true") }},
		spec("Created", xlsx.Moment, func(t *task) scalar { return t.spec.CreationDate }),
		spec("Last modified", xlsx.Moment, func(t *task) scalar { return t.spec.LastModifiedDate }),
		spec("Completed", xlsx.Moment, func(t *task) scalar { return t.spec.CompletionDate }),
		{Head: "Requested instances", Kind: xlsx.Prose, Of: func(t *task) string {
			return list(t.spec.RequestedInstancePools, func(p instancePool) string { return string(p.Count + " × " + p.InstanceType) })
		}},
		spec("Failure", xlsx.Text, func(t *task) scalar { return t.spec.Failed.Type }),
		spec("Reason", xlsx.Prose, func(t *task) scalar { return t.spec.Failed.Reason }),
		{Head: "Outpost ID", Kind: xlsx.Ident, Screen: true, Of: func(t *task) string { return string(t.spec.OutpostId) }},
		spec("Order ID", xlsx.Ident, func(t *task) scalar { return t.spec.OrderId }),
		spec("Asset ID", xlsx.Ident, func(t *task) scalar { return t.spec.AssetId }),
		gaps[*task](),
	}
}
