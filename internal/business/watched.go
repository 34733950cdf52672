package business

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/intake"
)

// FileState is where a file of the watched folder stands.
type FileState string

// The states.
const (
	Taken  FileState = "taken"
	Done   FileState = "done"
	Failed FileState = "failed"
)

// WatchedFile is a file that was taken from the watched folder.
type WatchedFile struct {
	ID, Name, Kind   string
	State            FileState
	Progress         intake.Progress
	Problem          intake.Refusal // why it failed or broke off; Reason "" when nothing did
	TakenAt, EndedAt time.Time
}

const watchedColumns = "id, name, kind, state, progress, problem, taken_at, ended_at"

func watchedFields(f *WatchedFile) []any {
	return []any{&f.ID, &f.Name, &f.Kind, (*string)(&f.State), db.JSON(&f.Progress), db.JSON(&f.Problem), db.At(&f.TakenAt), db.At(&f.EndedAt)}
}

// Files lists the files that were taken, newest first.
func (w *Watcher) Files(ctx context.Context, limit int) ([]WatchedFile, error) {
	return db.All(ctx, w.db.Read(), watchedFields, "SELECT "+watchedColumns+" FROM watch_file ORDER BY id DESC"+db.Limit(limit))
}

// WaitingFile is an entry of the folder that was not taken, and why.
type WaitingFile struct {
	Name string
	Why  Why
}

// Waiting lists what lies in the folder on this machine.
func (w *Watcher) Waiting(ctx context.Context) ([]WaitingFile, error) {
	rules, err := w.Rules(ctx)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(w.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	list, err := entries(root, ".")
	if err != nil {
		return nil, err
	}
	var out []WaitingFile
	for _, e := range list {
		if y := why(e, rules); y != Ours {
			out = append(out, WaitingFile{e.Name(), y})
		}
	}
	return out, nil
}
