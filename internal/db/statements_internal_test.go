package db

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

// TestStatements: texts made for one call, however many, leave the statements prepared that are asked again and again, and those may be asked by several at once.
func TestStatements(t *testing.T) {
	d, err := Open(t.Context(), filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	const usual = "SELECT $1 + 1"
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			for i := range 2 * maxStatements {
				for _, text := range []string{usual, fmt.Sprintf("SELECT $1 + 1 -- %d %d", k, i/2)} { // each of the others twice, so some are prepared
					if n, _, err := Value[int](t.Context(), d.Read(), text, i); err != nil || n != i+1 {
						t.Errorf("%s gives %d, %v for %d", text, n, err, i)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	const later = "SELECT $1 + 2"
	for i := range 3 {
		if n, _, err := Value[int](t.Context(), d.Read(), later, i); err != nil || n != i+2 {
			t.Errorf("%s gives %d, %v for %d", later, n, err, i)
		}
	}
	d.reads.mu.RLock()
	defer d.reads.mu.RUnlock()
	if n := len(d.reads.list); n > maxStatements {
		t.Errorf("%d statements are kept", n)
	}
	for _, text := range []string{usual, later} {
		if e := d.reads.list[text]; e == nil || e.st == nil {
			t.Errorf("%s is not prepared", text)
		}
	}
}
