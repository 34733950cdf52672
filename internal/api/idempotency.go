package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/problem"
)

// keptFor is how long the answer to a key is kept.
const keptFor = 24 * time.Hour

type kept struct {
	hash, body, kind string
	status           int
}

// once runs a POST whose key was not seen, and gives the kept answer for one that was. The key is taken before the work begins: of two at
// the same time one is told to come back. Work that failed on our side gives the key back.
func (a *API) once(w http.ResponseWriter, r *http.Request, member, key string) {
	ctx := r.Context()
	if len(key) > 200 {
		a.refuse(w, r, problem.New(problem.Invalid, "api.bad_key").On("Idempotency-Key"))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 8<<20))
	if err != nil {
		a.refuse(w, r, problem.New(problem.TooLarge, "problem.too_large", "Limit", "8 MB").Because(err))
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.Sum256([]byte(r.URL.RequestURI() + "\x00" + string(body)))
	hash := hex.EncodeToString(sum[:])
	var first kept
	taken := false
	err = a.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "DELETE FROM api_answer WHERE created_at < $1", db.T(a.now().Add(-keptFor))); err != nil {
			return err
		}
		n, err := db.Exec(ctx, q, `INSERT INTO api_answer (member, key, hash, status, kind, body, created_at) VALUES ($1, $2, $3, 0, '', '', $4)
			ON CONFLICT (member, key) DO NOTHING`, member, key, hash, db.T(a.now()))
		if err != nil || n == 1 {
			return err
		}
		taken = true
		first, _, err = db.One(ctx, q, func(k *kept) []any { return []any{&k.hash, &k.status, &k.kind, &k.body} },
			"SELECT hash, status, kind, body FROM api_answer WHERE member = $1 AND key = $2", member, key)
		return err
	})
	switch {
	case err != nil:
		a.refuse(w, r, err)
		return
	case taken && first.hash != hash:
		a.refuse(w, r, problem.New(problem.Invalid, "api.key_reused").On("Idempotency-Key"))
		return
	case taken && first.status == 0:
		a.refuse(w, r, problem.New(problem.Conflict, "api.key_busy"))
		return
	case taken:
		w.Header().Set("Content-Type", first.kind)
		w.Header().Set("Idempotent-Replayed", "true")
		w.WriteHeader(first.status)
		io.WriteString(w, first.body)
		return
	}
	rec := &answer{header: w.Header(), status: http.StatusOK}
	forget := true
	defer func() {
		if forget {
			err := a.db.Tx(context.WithoutCancel(ctx), func(ctx context.Context, q db.Q) error {
				_, err := db.Exec(ctx, q, "DELETE FROM api_answer WHERE member = $1 AND key = $2", member, key)
				return err
			})
			if err != nil {
				a.log.Error("a key could not be given back", "error", err)
			}
		}
	}()
	a.mux.ServeHTTP(rec, r)
	if rec.status < 500 {
		forget = false
		err := a.db.Tx(context.WithoutCancel(ctx), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "UPDATE api_answer SET status = $1, kind = $2, body = $3 WHERE member = $4 AND key = $5",
				rec.status, w.Header().Get("Content-Type"), rec.body.String(), member, key)
			return err
		})
		if err != nil {
			a.log.Error("an answer could not be kept", "error", err)
		}
	}
	w.WriteHeader(rec.status)
	w.Write(rec.body.Bytes())
}

type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
