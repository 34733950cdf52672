package strategyweb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestLatest: who looks at a map that changes all the time is not kept waiting, and sees nothing older than a second or so.
func TestLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l latest
		var made atomic.Int64 // some are made beside those who look
		look := func(key, version string) (said string, waited time.Duration) {
			t.Helper()
			at := time.Now()
			packed, err := l.read(t.Context(), key, version, func(context.Context) (string, error) {
				time.Sleep(50 * time.Millisecond)
				made.Add(1)
				return fmt.Sprint(key, " of ", version), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := packed.Render(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			return b.String(), time.Since(at)
		}
		for _, step := range []struct {
			after   time.Duration
			key     string
			version string
			want    string
			waits   bool
			made    int
		}{
			{0, "map", "1", "map of 1", true, 1},
			{time.Hour, "map", "1", "map of 1", false, 1},                    // nothing changed
			{0, "map", "2", "map of 2", true, 2},                             // what is an hour old is not shown once something changed
			{100 * time.Millisecond, "map", "3", "map of 2", false, 2},       // a moment old
			{0, "other", "3", "other of 3", true, 3},                         // another reader's
			{recent, "map", "4", "map of 2", false, 3},                       // set off beside those who look
			{60 * time.Millisecond, "map", "5", "map of 4", false, 4},        // and there
			{bearable + time.Second, "map", "6", "map of 6", true, 5},        // nobody looked for a while
			{recent + 60*time.Millisecond, "map", "7", "map of 6", false, 5}, // set off
			{bearable, "map", "7", "map of 7", false, 6},                     // is that of now
		} {
			time.Sleep(step.after)
			said, waited := look(step.key, step.version)
			if n := int(made.Load()); said != step.want || waited > 0 != step.waits || n != step.made {
				t.Errorf("%s of %s: %q after %v, made %d times; want %q, waiting %t, %d", step.key, step.version, said, waited, n, step.want, step.waits, step.made)
			}
		}
		synctest.Wait()
	})
}

// TestLatestFails: what could not be written is not kept, and is tried again.
func TestLatestFails(t *testing.T) {
	var l latest
	broken := errors.New("broken")
	if _, err := l.read(t.Context(), "map", "1", func(context.Context) (string, error) { return "", broken }); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if _, err := l.read(t.Context(), "map", "1", func(context.Context) (string, error) { return "there", nil }); err != nil {
		t.Fatal(err)
	}
}
