package workbook

import "tenor/audit"

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

func taskColumns() []column[*task] {
	spec := func(head string, k kind, of func(t *task) scalar) column[*task] {
		return column[*task]{head: head, kind: k, of: func(t *task) string { return string(of(t)) }}
	}
	return []column[*task]{
		id[*task]("Task ID"),
		account[*task](),
		region[*task](),
		{head: "Status", of: func(t *task) string { return string(t.spec.CapacityTaskStatus) }, look: func(t *task) look {
			if t.spec.CapacityTaskStatus == "FAILED" {
				return bad
			}
			return plain
		}},
		{head: "Dry run", of: func(t *task) string { return yes(t.spec.DryRun == "true") }},
		spec("Created", moment, func(t *task) scalar { return t.spec.CreationDate }),
		spec("Last modified", moment, func(t *task) scalar { return t.spec.LastModifiedDate }),
		spec("Completed", moment, func(t *task) scalar { return t.spec.CompletionDate }),
		{head: "Requested instances", kind: prose, of: func(t *task) string {
			return list(t.spec.RequestedInstancePools, func(p instancePool) string { return string(p.Count + " × " + p.InstanceType) })
		}},
		spec("Failure", text, func(t *task) scalar { return t.spec.Failed.Type }),
		spec("Reason", prose, func(t *task) scalar { return t.spec.Failed.Reason }),
		{head: "Outpost ID", kind: ident, screen: true, of: func(t *task) string { return string(t.spec.OutpostId) }},
		spec("Order ID", ident, func(t *task) scalar { return t.spec.OrderId }),
		spec("Asset ID", ident, func(t *task) scalar { return t.spec.AssetId }),
		gaps[*task](),
	}
}
