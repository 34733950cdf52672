package archive_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/archive"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

// What waits to be sent is not sent by whoever reads the archive.
func TestSendings(t *testing.T) {
	t.Parallel()
	tables := []archive.Table{{Name: "channel", Order: "id"}, {Name: "outgoing", Order: "id"}}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		insert := func(q db.Q, state, id string) error {
			_, err := db.Exec(t.Context(), q, `INSERT INTO outgoing (id, channel, content, state, due_at, created_at, lease_by, lease_until)
				VALUES ($1, 'c', '{}', $2, 0, 0, 'node', 7)`, id, state)
			return err
		}
		err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			if _, err := db.Exec(ctx, q, "INSERT INTO channel (id, kind, name, created_at) VALUES ('c', 'mail', 'Post', 0)"); err != nil {
				return err
			}
			for _, state := range []string{"failed", "queued", "sending", "sent", "uncertain", "withdrawn"} {
				if err := insert(q, state, state); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		// What is queued while the archive is written belongs to a later moment, though its table is written later too.
		later := func(table string, _ int) {
			if table != "channel" {
				return
			}
			if err := d.Tx(t.Context(), func(_ context.Context, q db.Q) error { return insert(q, "queued", "zlater") }); err != nil {
				t.Error(err)
			}
		}
		if _, err := archive.Write(t.Context(), d, &file, tables, time.Now(), later); err != nil {
			t.Fatal(err)
		}
		into := dbtest.SQLite(t)
		if _, err := archive.Read(t.Context(), into, bytes.NewReader(file.Bytes()), int64(file.Len()), tables, nil); err != nil {
			t.Fatal(err)
		}
		got, err := db.All(t.Context(), into.Read(), db.Self[string], "SELECT id || ' ' || state || ' ' || lease_by FROM outgoing ORDER BY id")
		want := []string{"failed failed node", "queued uncertain ", "sending uncertain ", "sent sent node", "uncertain uncertain node", "withdrawn withdrawn node"}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("read, %v (-want +got):\n%s", err, diff)
		}
		if list, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT state FROM outgoing WHERE state = 'queued'"); err != nil || len(list) != 2 {
			t.Errorf("the original has %s queued, %v; want both", strings.Join(list, ", "), err)
		}
	})
}

// Bytes come back as they were, on both engines, and from each into the other.
func TestBytes(t *testing.T) {
	t.Parallel()
	tables := []archive.Table{{Name: "community", Order: "id"}, {Name: "community_file", Order: "id"}, {Name: "community_file_part", Order: "file, part"}}
	want := make([]byte, 300_000)
	for i := range want {
		want[i] = byte(i * i >> 3)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			if _, err := db.Exec(ctx, q, `INSERT INTO community (id, slug, name, langs, audience, sign_up, created_at, changed_at) VALUES ('c', 'c', '{}', '[]', 'public', 'open', 0, 0)`); err != nil {
				return err
			}
			if _, err := db.Exec(ctx, q, "INSERT INTO community_file (id, community, member, name, type, size, sum, at) VALUES ('f', 'c', 'm', 'n', 'text/plain', 1, '', 0)"); err != nil {
				return err
			}
			for i := range 9 {
				if _, err := db.Exec(ctx, q, "INSERT INTO community_file_part (file, part, data) VALUES ('f', $1, $2)", i, want[i:]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if _, err := archive.Write(t.Context(), d, &file, tables, time.Now(), nil); err != nil {
			t.Fatal(err)
		}
		into := dbtest.SQLite(t)
		if _, err := archive.Read(t.Context(), into, bytes.NewReader(file.Bytes()), int64(file.Len()), tables, nil); err != nil {
			t.Fatal(err)
		}
		for i := range 9 {
			got, _, err := db.Value[[]byte](t.Context(), into.Read(), "SELECT data FROM community_file_part WHERE part = $1", i)
			if err != nil || !bytes.Equal(got, want[i:]) {
				t.Fatalf("part %d: %d bytes, %v", i, len(got), err)
			}
		}
	})
}
