package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
)

// Statement makes the activity with which a source states a fact. One that carries a version or a time of its own is in the ledger once,
// whenever it comes; others are once for as long as the source says nothing else about the fact: see Restate.
func (f *Fact) Statement(actor string, at time.Time, amount int64, currency string) Activity {
	a := Activity{Kind: FactStated, Actor: actor, Object: FactID(f.Kind, f.Origin, f.External), At: at, Amount: amount, Currency: currency, Data: Data(f)}
	stamped := ""
	if f.Version > 0 || !f.StatedAt.IsZero() {
		stamped = "v:"
	}
	a.Key = statementPrefix + stamped + a.Object + ":" + shortSum(string(a.Data), strconv.FormatInt(at.UnixMicro(), 10), strconv.FormatInt(amount, 10), currency)
	return a
}

const statementPrefix = "fact:"

func shortSum(parts ...string) string {
	s := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(s[:12])
}

// Restate keeps of statements those that say something else than what their source said before, and gives them the keys under which they
// are in the ledger once. said holds the key of what was said last about each fact, see Said, and is brought up to date.
func Restate(said map[string]string, list []Activity) []Activity {
	out := list[:0:0]
	for _, a := range list {
		if !strings.HasPrefix(a.Key, statementPrefix) || strings.HasPrefix(a.Key, statementPrefix+"v:") {
			out = append(out, a)
			continue
		}
		last := said[a.Object]
		if last == a.Key || strings.HasPrefix(last, a.Key+":") {
			continue
		}
		if last != "" {
			a.Key += ":" + shortSum(last)
		}
		said[a.Object] = a.Key
		out = append(out, a)
	}
	return out
}

// Said finds the key of what a source said last about each of the facts in list, whoever corrected them since.
func (l *Ledger) Said(ctx context.Context, list []Activity) (map[string]string, error) {
	objects := make([]string, 0, len(list))
	for i := range list {
		if strings.HasPrefix(list[i].Key, statementPrefix) {
			objects = append(objects, list[i].Object)
		}
	}
	said := map[string]string{}
	if len(objects) == 0 {
		return said, nil
	}
	type line struct{ object, key string }
	q := l.db.Read()
	rows, err := db.All(ctx, q, func(r *line) []any { return []any{&r.object, &r.key} }, "SELECT object, COALESCE(key, '') FROM activity WHERE object IN "+
		db.Among(q, "$1")+" AND object <> id AND kind = '"+FactStated+"' ORDER BY "+wayOf(q).forth, db.Texts(objects))
	if err != nil {
		return nil, fmt.Errorf("find what was said before: %w", err)
	}
	for _, r := range rows {
		if strings.HasPrefix(r.key, statementPrefix) {
			said[r.object] = r.key
		}
	}
	return said, nil
}
