package csvimport

import (
	"context"
	"maps"
	"slices"
	"time"

	"countersign.dev/countersign/internal/csvimport/columns"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/task"
)

// Map says which column is which field, and remembers it for the next file.
func (s *Service) Map(ctx context.Context, id string, mapping map[string]int, o Options) (i Import, err error) {
	if i, err = s.Find(ctx, id); err != nil {
		return i, err
	}
	if err := columns.Check(i.Kind, i.Columns, mapping); err != nil {
		return Import{}, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if i, err = lock(ctx, tx, i); err != nil {
			return err
		}
		if i.State.Busy() || i.State == Applied {
			return errBusy
		}
		i.Mapping, i.Options, i.State, i.Counts = mapping, o, Uploaded, Counts{}
		if err := remember(ctx, tx, i); err != nil {
			return err
		}
		if err := clearRows(ctx, tx, i); err != nil {
			return err
		}
		return update(ctx, tx, &i)
	})
	return i, err
}

// Check starts to find out what would become of each row.
func (s *Service) Check(ctx context.Context, id string) (Import, error) {
	return s.start(ctx, id, TaskCheck, Checking)
}

// Apply starts to do it.
func (s *Service) Apply(ctx context.Context, id string) (Import, error) {
	if store.Rehearses(ctx) {
		return Import{}, s.rehearse(ctx, id)
	}
	return s.start(ctx, id, TaskApply, Applying)
}

// order is what the task of an import works on.
type order struct {
	Import   string `json:"import"`
	Kind     Kind   `json:"kind"`
	FileName string `json:"file_name"`
	Apply    bool   `json:"apply"`
}

// TaskData is what people see of it.
func (o order) TaskData() map[string]string {
	return map[string]string{"import_id": o.Import, "kind": string(o.Kind), "file_name": o.FileName}
}

// ready refuses a step that is not an import's next.
func (i Import) ready(state State) error {
	switch {
	case i.State.Busy():
		return errBusy
	case i.State == Applied:
		return errApplied
	case state == Applying && i.State != Checked && i.State != Failed && i.State != Canceled:
		return errUnchecked
	}
	return nil
}

func (s *Service) start(ctx context.Context, id, what string, state State) (i Import, err error) {
	if i, err = s.Find(ctx, id); err != nil {
		return i, err
	}
	if err := columns.Check(i.Kind, i.Columns, i.Mapping); err != nil {
		return Import{}, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if i, err = lock(ctx, tx, i); err != nil {
			return err
		}
		if err := i.ready(state); err != nil {
			return err
		}
		t, err := s.Tasks.Start(ctx, tx, what, i.Rows, order{i.ID, i.Kind, i.FileName, state == Applying})
		if err != nil {
			return err
		}
		i.State, i.TaskID, i.Counts = state, t.ID, Counts{}
		if err := clearRows(ctx, tx, i); err != nil {
			return err
		}
		if err := update(ctx, tx, &i); err != nil {
			return err
		}
		if state == Checking {
			return s.tell(ctx, tx, i)
		}
		return s.record(ctx, tx, i, "import.start", map[string]any{"options": i.Options, "fields": slices.Sorted(maps.Keys(i.Mapping))})
	})
	return i, err
}

// Cancel stops the task of an import. What it has brought in stays.
func (s *Service) Cancel(ctx context.Context, id string) (i Import, err error) {
	if i, err = s.Find(ctx, id); err != nil {
		return i, err
	}
	if i.TaskID == "" || !i.State.Busy() {
		return i, errIdle
	}
	if _, err := s.Tasks.Cancel(ctx, i.TaskID); err != nil {
		return Import{}, err
	}
	return s.Find(ctx, id)
}

// Finished takes up the end of a task; the app has it called.
func (s *Service) Finished(ctx context.Context, tx *store.Tx, t task.Task) error {
	if t.Kind != TaskCheck && t.Kind != TaskApply {
		return nil
	}
	i, err := lock(ctx, tx, Import{OrgID: t.OrgID, ID: t.Data["import_id"]})
	if err != nil || i.TaskID != t.ID {
		return ignoreGone(err)
	}
	switch {
	case t.Kind == TaskCheck && t.State == task.Done:
		i.State = Checked
	case t.Kind == TaskCheck:
		i.State = Uploaded // the task says why
	case t.State == task.Done:
		i.State = Applied
	case t.State == task.Canceled:
		i.State = Canceled
	default:
		i.State = Failed
	}
	if err := update(ctx, tx, &i); err != nil {
		return err
	}
	if t.Kind == TaskCheck {
		return s.tell(ctx, tx, i)
	}
	return s.record(ctx, tx, i, "import.finish", map[string]any{
		"state": string(i.State), "created": i.Counts.Create, "updated": i.Counts.Update, "unchanged": i.Counts.Skip, "refused": i.Counts.Refused,
	})
}

// Delete forgets a file and what is known of its rows. What it brought in stays.
func (s *Service) Delete(ctx context.Context, id string) error {
	i, err := s.Find(ctx, id)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if i, err = lock(ctx, tx, i); err != nil {
			return err
		}
		if i.State == Checking || i.State == Applying {
			return errBusy
		}
		if err := remove(ctx, tx, i); err != nil {
			return err
		}
		return s.record(ctx, tx, i, "import.delete", nil)
	})
}

// Sweep forgets files a month after the last step, and those that broke off on their way here.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		now := store.Now()
		return forget(ctx, tx, now.Add(-keepFor), now.Add(-time.Hour))
	})
}
