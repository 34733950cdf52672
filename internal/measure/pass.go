package measure

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/kpi"
)

// pass is one statement over conversations for several keys, row by row in order of time: which part and which wait a row is for each
// measure are its columns, and its channel and topics say for which keys it counts.
type pass struct {
	table, at, where string
	args             []any
	columns          []string
	shares           []*share
	topics           bool // some key is narrowed to a topic
}

// share is what a key takes of a pass.
type share struct {
	k           keeping
	now, later  shape
	seen, after []kpi.Fact // of the hour that is being read, as of now and as of after everything
	counted     counted
}

// shape is where the columns of a measure stand in a pass; -1 for what it does not have.
type shape struct{ part, wait, open int }

// passesOf sorts keys into passes; rest are those that are read otherwise.
func passesOf(keys []keeping, from, to, now time.Time) (passes []*pass, rest []keeping) {
	for _, k := range keys {
		if k.thing != ofOpening || k.m.Facts != nil {
			rest = append(rest, k)
			continue
		}
		f := k.f
		f.Channel, f.Topic = "", ""
		ask := func(at time.Time) kpi.Source {
			return k.m.Source(kpi.Ask{Cuts: []time.Time{from, to}, Now: at, Filter: f})
		}
		src := ask(now)
		if src.Sum != "" || src.N != "" || src.Key != "" || src.Currency != "" || src.Tie != "" {
			rest = append(rest, k)
			continue
		}
		seen := &pass{at: src.At}
		seen.where = seen.place(src.Where.String(), src.Where.Args)
		seen.table = seen.place(src.Table, src.Where.Args)
		later := src
		if k.moving {
			later = ask(forever())
			other := &pass{}
			if other.place(later.Where.String(), later.Where.Args) != seen.where || other.place(later.Table, later.Where.Args) != seen.table || !slices.Equal(other.args, seen.args) {
				rest = append(rest, k) // other rows count after everything
				continue
			}
		}
		i := slices.IndexFunc(passes, func(p *pass) bool {
			return p.table == seen.table && p.at == seen.at && p.where == seen.where && slices.Equal(p.args[:len(seen.args)], seen.args)
		})
		p := seen
		if i >= 0 {
			p = passes[i]
		} else {
			passes = append(passes, p)
		}
		sh := &share{k: k, now: p.shape(src)}
		if sh.later = sh.now; k.moving {
			sh.later = p.shape(later)
		}
		p.topics = p.topics || k.f.Topic != ""
		p.shares = append(p.shares, sh)
	}
	return passes, rest
}

var placeholder = regexp.MustCompile(`\$[0-9]+`)

// place renumbers the placeholders of an expression for the arguments of the pass, adding those that it does not have.
func (p *pass) place(expression string, args []any) string {
	return placeholder.ReplaceAllStringFunc(expression, func(mark string) string {
		n, err := strconv.Atoi(mark[1:])
		if err != nil || n < 1 || n > len(args) {
			return mark // never: Where numbers them
		}
		i := slices.Index(p.args, args[n-1])
		if i < 0 {
			i = len(p.args)
			p.args = append(p.args, args[n-1])
		}
		return "$" + strconv.Itoa(i+1)
	})
}

func (p *pass) shape(s kpi.Source) shape {
	column := func(expression string) int {
		if expression == "" {
			return -1
		}
		expression = p.place(expression, s.Where.Args)
		i := slices.Index(p.columns, expression)
		if i < 0 {
			i = len(p.columns)
			p.columns = append(p.columns, expression)
		}
		return i
	}
	return shape{column(s.Part), column(s.For), column(s.Open)}
}

// Topics of a thread; ids hold no comma.
const topicsOf = "(SELECT STRING_AGG(m.topic, ',') FROM post t JOIN mention m ON m.post = t.id WHERE t.root = c.root)"

func (p *pass) read(ctx context.Context, q db.Q, now time.Time, out map[string]counted) error {
	columns := []string{p.at, "c.channel", "''"}
	if p.topics {
		columns[2] = topicsOf
	}
	columns = append(columns, p.columns...)
	rows, err := q.QueryContext(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+p.table+" "+p.where+" ORDER BY "+p.at, p.args...)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	defer rows.Close()
	var at int64
	var channel, topics sql.RawBytes
	values := make([]cellValue, len(p.columns))
	fields := []any{&at, &channel, &topics}
	for i := range values {
		fields = append(fields, &values[i])
	}
	hour, some := int64(0), false
	for rows.Next() {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("read rows: %w", err)
		}
		if err := rows.Scan(fields...); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
		t := time.UnixMicro(at).UTC()
		if h := hourOf(t); !some || h != hour {
			if some {
				p.flush(hour, now)
			}
			hour, some = h, true
		}
		for _, sh := range p.shares {
			if f := &sh.k.f; f.Channel != "" && f.Channel != string(channel) || f.Topic != "" && !among(topics, f.Topic) {
				continue
			}
			sh.seen = append(sh.seen, sh.now.fact(t, values))
			if sh.k.moving {
				sh.after = append(sh.after, sh.later.fact(t, values))
			}
			sh.counted.ahead = sh.counted.ahead || !t.Before(now)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	if some {
		p.flush(hour, now)
	}
	for _, sh := range p.shares {
		out[sh.k.id] = sh.counted
	}
	return nil
}

// flush packs the hour that was read.
func (p *pass) flush(hour int64, now time.Time) {
	for _, sh := range p.shares {
		if len(sh.seen) == 0 || sh.counted.err != nil {
			continue
		}
		if sh.counted.days == nil {
			sh.counted.days = map[int64]*daily{}
		}
		sh.counted.err = packHour(sh.counted.days, sh.k, hour, sh.seen, now, sh.after)
		sh.seen, sh.after = sh.seen[:0], sh.after[:0]
	}
}

func (s shape) fact(at time.Time, values []cellValue) kpi.Fact {
	f := kpi.Fact{At: at, N: 1, Part: values[s.part].text}
	if s.wait >= 0 {
		f.For = time.Duration(values[s.wait].n) * time.Microsecond
	}
	if s.open >= 0 {
		f.Open = values[s.open].n != 0
	}
	return f
}

// among reports whether a text is one of a list by commas.
func among(list []byte, one string) bool {
	for len(list) > 0 {
		n := slices.Index(list, ',')
		if n < 0 {
			return string(list) == one
		}
		if string(list[:n]) == one {
			return true
		}
		list = list[n+1:]
	}
	return false
}

// cellValue is a column that holds a part or a number.
type cellValue struct {
	text string
	n    int64
}

// Scan reads a value.
func (c *cellValue) Scan(v any) error {
	switch v := v.(type) {
	case int64:
		c.n = v
	case string:
		c.text = v
	case []byte:
		c.text = string(v)
	default:
		return fmt.Errorf("a column of a measure is stored as %T", v)
	}
	return nil
}
