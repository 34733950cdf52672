package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
)

// persons is how many users of the forum are persons we know.
const persons = 1000

// usual is how many posts they have, about.
const usual = 8

// filled returns the data folder of an installation with so many posts, made once: it takes minutes for a million.
func (b *bench) filled(posts int) (string, error) {
	dir := filepath.Join(b.work, "filled-"+strconv.Itoa(posts))
	done := filepath.Join(dir, ".whole")
	if _, err := os.Stat(done); err == nil {
		return dir, nil
	}
	if err := os.RemoveAll(dir); err != nil { // half made
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	source, err := b.dump(posts, short)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "filling %s with %d posts, once\n", dir, posts)
	var out imported
	if err := b.child(&out, []string{"ENTENTE_BENCH_DUMP=" + source, "ENTENTE_BENCH_DATA=" + dir}, "inner-fill"); err != nil {
		return "", err
	}
	if err := os.RemoveAll(source); err != nil {
		return "", err
	}
	return dir, os.WriteFile(done, nil, 0o644)
}

// fillHere imports a dump into a folder and makes persons of some who write there.
func fillHere(b *bench) error {
	data := os.Getenv("ENTENTE_BENCH_DATA")
	a, ctx, err := open(b.ctx, data, "", nil)
	if err != nil {
		return err
	}
	defer a.db.Close()
	if err := furnish(ctx, a); err != nil {
		return err
	}
	began, used := time.Now(), processor()
	report, err := bring(ctx, a, os.Getenv("ENTENTE_BENCH_DUMP"), "forum")
	if err != nil {
		return err
	}
	out := imported{Added: report.Added, Wall: time.Since(began), CPU: processor() - used}
	if err := introduce(ctx, a); err != nil {
		return err
	}
	for more := true; more; { // else the program would look for older versions' words while it is measured
		if more, err = a.enrich.Piece(ctx, a.ledger); err != nil {
			return err
		}
	}
	if out.Posts, err = count(ctx, a, "post"); err != nil {
		return err
	}
	return say(out)
}

// introduce makes persons of users who said about as much, however many posts are stored: else the pages of persons would show more.
func introduce(ctx context.Context, a *shop) error {
	uris, err := db.All(ctx, a.db.Read(), db.Self[string], "SELECT uri FROM identity WHERE person = '' AND uri LIKE 'https://%' ORDER BY ABS(posts - $1), uri"+db.Limit(persons), usual)
	if err != nil {
		return err
	}
	list := make([]ledger.Activity, 0, len(uris))
	for i, uri := range uris {
		person := id.New()
		list = append(list, ledger.Activity{ID: person, Kind: ledger.PersonAdded, Object: person, At: time.Now(), Data: ledger.Data(ledger.Person{
			Name: "Person " + strconv.Itoa(i), Kinds: []string{"customer"}, Identities: []ledger.Identity{{URI: uri, Verified: true}}})})
	}
	_, err = a.ledger.State(ctx, list...)
	return err
}
