package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/problem"
)

const (
	keyHeader = "Idempotency-Key"
	maxKey    = 200
	keptFor   = 24 * time.Hour   // how long the answer to a key is kept
	workFor   = 10 * time.Minute // longer than any request lives: a key without an answer after that belongs to work that broke off
)

type kept struct {
	hash, body, kind string
	status           int
	at               time.Time
}

// once runs a POST whose key was not seen, and gives the kept answer for one that was. The key is taken before the work begins: of two at
// the same time one is told to come back. Only what was done is kept: work that was refused or failed gives the key back.
func (a *API) once(w http.ResponseWriter, r *http.Request, op *Op, member string, keys []string) {
	ctx, key := r.Context(), keys[0]
	if err := permit(ctx, op.Permission); err != nil { // another token of the member may have had the permission
		a.refuse(w, r, err)
		return
	}
	if len(keys) > 1 || !goodKey(key) {
		a.refuse(w, r, problem.New(problem.Invalid, "api.bad_key").On(keyHeader))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, op.MaxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			a.refuse(w, r, tooLarge(op.MaxBody))
			return
		}
		d := details(ctx, problem.New(problem.Invalid, "api.bad_body"))
		d.Status = http.StatusBadRequest
		a.refuse(w, r, d)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\x00%s\x00", r.URL.RequestURI(), r.Header.Get("Content-Type"))
	sum.Write(body)
	hash := hex.EncodeToString(sum.Sum(nil))
	first, taken, err := a.take(ctx, member, key, hash)
	switch {
	case err != nil:
		a.refuse(w, r, err)
	case !taken:
		a.work(w, r, op, member, key)
	case first.hash != hash:
		a.refuse(w, r, problem.New(problem.Invalid, "api.key_reused").On(keyHeader))
	case first.status == 0 && op.Again: // the first broke off, or both are under way: the operation does its work once
		a.work(w, r, op, member, key)
	case first.status == 0 && a.now().Sub(first.at) > workFor:
		a.refuse(w, r, problem.New(problem.Conflict, "api.key_broken").On(keyHeader))
	case first.status == 0:
		w.Header().Set("Retry-After", "1")
		a.refuse(w, r, problem.New(problem.Conflict, "api.key_busy").On(keyHeader))
	case op.Secret:
		a.refuse(w, r, problem.New(problem.Conflict, "api.key_secret").On(keyHeader))
	default:
		if first.kind != "" {
			w.Header().Set("Content-Type", first.kind)
		}
		w.Header().Set("Idempotent-Replayed", "true")
		w.WriteHeader(first.status)
		_, _ = io.WriteString(w, first.body) // a caller who has gone is nobody to tell
	}
}

// goodKey accepts visible ASCII only.
func goodKey(key string) bool {
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return key != "" && len(key) <= maxKey
}

func tooLarge(limit int64) *problem.Problem {
	return problem.New(problem.TooLarge, "problem.too_large", "Limit", fmt.Sprintf("%d MB", limit>>20))
}

// take takes a key, or tells who had it first.
func (a *API) take(ctx context.Context, member, key, hash string) (first kept, taken bool, err error) {
	err = a.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "DELETE FROM api_answer WHERE created_at < $1", db.T(a.now().Add(-keptFor))); err != nil {
			return fmt.Errorf("forget old answers: %w", err)
		}
		n, err := db.Exec(ctx, q, `INSERT INTO api_answer (member, key, hash, status, kind, body, created_at) VALUES ($1, $2, $3, 0, '', '', $4)
			ON CONFLICT (member, key) DO NOTHING`, member, key, hash, db.T(a.now()))
		if err != nil {
			return fmt.Errorf("take a key: %w", err)
		}
		if taken = n == 0; !taken {
			return nil
		}
		first, _, err = db.One(ctx, q, func(k *kept) []any { return []any{&k.hash, &k.status, &k.kind, &k.body, db.At(&k.at)} },
			"SELECT hash, status, kind, body, created_at FROM api_answer WHERE member = $1 AND key = $2", member, key)
		if err != nil {
			return fmt.Errorf("find the answer to a key: %w", err)
		}
		return nil
	})
	return first, taken, err
}

// work does what was asked and keeps the answer.
func (a *API) work(w http.ResponseWriter, r *http.Request, op *Op, member, key string) {
	rec := &answer{header: w.Header(), status: http.StatusOK}
	done := false
	defer func() { // also when it panics
		if !done {
			a.settle(r.Context(), "DELETE FROM api_answer WHERE member = $1 AND key = $2", member, key)
		}
	}()
	// A caller who goes away must not break it off half-way: who asks again with the key is told what came of it.
	a.mux.ServeHTTP(rec, r.WithContext(context.WithValue(context.WithoutCancel(r.Context()), keyed{}, key)))
	if done = rec.status < 300; done {
		body := rec.body.String()
		if op.Secret {
			body = ""
		}
		a.settle(r.Context(), "UPDATE api_answer SET status = $3, kind = $4, body = $5 WHERE member = $1 AND key = $2",
			member, key, rec.status, w.Header().Get("Content-Type"), body)
	}
	w.WriteHeader(rec.status)
	_, _ = w.Write(rec.body.Bytes()) // a caller who has gone is nobody to tell
}

type keyed struct{}

// Key is the Idempotency-Key of the request under way, "" when it has none. An operation that keeps it with its work says so with Op.Again.
func Key(ctx context.Context) string {
	key, _ := ctx.Value(keyed{}).(string)
	return key
}

// settle writes even when the caller has gone.
func (a *API) settle(ctx context.Context, statement string, args ...any) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	err := a.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, statement, args...)
		return err
	})
	if err != nil {
		a.log.Error("what became of a key could not be noted", "error", err)
	}
}

// answer is what an operation says, until it is known what becomes of it.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
