package contact

import (
	"context"
	"fmt"
	"io"
	"mime"
	"strings"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Limits of the files that come with messages.
const (
	MaxFiles  = 3        // of one message
	MaxUpload = 12 << 20 // bytes of one form
	ofVisit   = 30 << 20 // bytes of all files of a visit
	ofDay     = 1 << 30  // bytes of all files of all visits within a day
	partSize  = 512 << 10
	fileMark  = "contact/" // before the id, in what was said
)

// Upload is a file as it comes in; what it is is found out from what is in it.
type Upload struct {
	Name string
	Data io.Reader
}

// cleaned is a file made safe: pictures drawn anew without what was hidden in them.
type cleaned struct {
	community.File
	data []byte
}

// clean makes the files of a message safe, or says which cannot be taken.
func (s *Service) clean(ctx context.Context, visit string, list []Upload) ([]cleaned, error) {
	if len(list) > MaxFiles {
		return nil, problem.New(problem.Invalid, "community.file.many", "Most", MaxFiles).On("files")
	}
	var out []cleaned
	var size int64
	for _, u := range list {
		f, data, err := s.community.Clean(ctx, u.Name, u.Data)
		if err != nil {
			return nil, err
		}
		f.ID, f.At = s.ids.Make(s.Now()), s.Now()
		out, size = append(out, cleaned{f, data}), size+f.Size
	}
	if len(out) == 0 {
		return nil, nil
	}
	type sums struct{ visit, day int64 }
	n, _, err := db.One(ctx, s.db.Read(), func(n *sums) []any { return []any{&n.visit, &n.day} },
		"SELECT COALESCE((SELECT SUM(size) FROM contact_file WHERE visit = $1), 0), COALESCE((SELECT SUM(size) FROM contact_file WHERE at > $2), 0)", visit, db.T(s.Now().Add(-24*time.Hour)))
	if err != nil {
		return nil, fmt.Errorf("count files: %w", err)
	}
	if n.visit+size > ofVisit || n.day+size > ofDay {
		return nil, problem.New(problem.Busy, "community.file.enough", "Most", ofVisit>>20).On("files")
	}
	return out, nil
}

// keep keeps the files of a message in the transaction that states it.
func keep(ctx context.Context, q db.Q, p *Point, visit string, list []cleaned) error {
	for _, f := range list {
		_, err := db.Exec(ctx, q, "INSERT INTO contact_file (id, point, visit, name, type, width, height, size, sum, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
			f.ID, p.ID, visit, f.Name, f.Type, f.Width, f.Height, f.Size, f.Sum, db.T(f.At))
		for i := 0; err == nil && i*partSize < len(f.data); i++ {
			_, err = db.Exec(ctx, q, "INSERT INTO contact_file_part (file, part, data) VALUES ($1, $2, $3)", f.ID, i, f.data[i*partSize:min(len(f.data), (i+1)*partSize)])
		}
		if err != nil {
			return fmt.Errorf("keep a file: %w", err)
		}
	}
	return nil
}

func attachments(list []cleaned) []ledger.Attachment {
	var out []ledger.Attachment
	for _, f := range list {
		base, _, _ := mime.ParseMediaType(f.Type)
		out = append(out, ledger.Attachment{Name: f.Filename(), Type: base, Size: f.Size, File: fileMark + f.ID})
	}
	return out
}

// FileOf is the id of a file in what was said; "" for one that is not ours to show.
func FileOf(a ledger.Attachment) string {
	if id, ours := strings.CutPrefix(a.File, fileMark); ours {
		return id
	}
	return ""
}

// File finds a file for members who read conversations, or for whoever brought it: visit is theirs, nil for members. It is gone with the words it came with.
func (s *Service) File(ctx context.Context, v *Visit, file string) (community.File, error) {
	visit := ""
	if v != nil {
		visit = v.ID
	} else if err := org.Require(ctx, org.InboxRead); err != nil {
		return community.File{}, err
	}
	f, found, err := db.One(ctx, s.db.Read(), func(f *community.File) []any {
		return []any{&f.ID, &f.Name, &f.Type, &f.Width, &f.Height, &f.Size, &f.Sum, db.At(&f.At)}
	}, `SELECT id, name, type, width, height, size, sum, at FROM contact_file f WHERE id = $1 AND ($2 = 1 OR visit = $3)
		AND EXISTS (SELECT 1 FROM post p JOIN contact_point c ON c.channel = p.channel WHERE c.id = f.point AND p.external_id > f.visit AND p.external_id < f.visit || 'zzzzzzzzzzzzzzzz' AND SUBSTR(p.external_id, 1, LENGTH(f.visit) + 1) = f.visit || ':'
		AND p.deleted_at IS NULL AND p.more LIKE '%' || f.id || '%')`, file, db.B(v == nil), visit)
	if err != nil {
		return f, fmt.Errorf("find a file: %w", err)
	}
	if !found {
		return f, notFound()
	}
	return f, nil
}

// WriteFile writes what is in a file.
func (s *Service) WriteFile(ctx context.Context, f *community.File, w io.Writer) error {
	for part := 0; int64(part)*partSize < f.Size; part++ {
		data, found, err := db.Value[[]byte](ctx, s.db.Read(), "SELECT data FROM contact_file_part WHERE file = $1 AND part = $2", f.ID, part)
		if err != nil {
			return fmt.Errorf("read a file: %w", err)
		}
		if !found {
			return notFound()
		}
		if _, err := w.Write(data); err != nil {
			return fmt.Errorf("write a file: %w", err)
		}
	}
	return nil
}
