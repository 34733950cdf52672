package main

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// block is how many activities are stated through the ledger when more are wanted: the rest are copies of what followed from them.
const block = 100_000

// plan is how a history is cut into blocks that are alike: the same is said in each, later by a whole number of hours, under other ids.
type plan struct {
	blocks, each int
	start        time.Time // of the first, at the beginning of an hour
	span         time.Duration
}

// planned cuts n activities until end into blocks of about so many.
func planned(n, each int, end time.Time) plan {
	p := plan{blocks: max(1, (n+each-1)/each)}
	p.each = (n + p.blocks - 1) / p.blocks
	p.span = max(time.Hour, (history / time.Duration(p.blocks)).Truncate(time.Hour))
	p.start = end.Truncate(time.Hour).Add(-time.Duration(p.blocks) * p.span)
	return p
}

// reference is how an activity of a block is named; copies exchange the beginning.
func reference(k, i int) string { return mark(k) + strconv.Itoa(i) }

// mark begins with a letter that no id has: what copies exchange is never a part of an id by chance.
func mark(k int) string { return "l" + strconv.Itoa(k) + "x" }

// shift is how the columns of a row of the first block are others in a later one; what is not named stays. {us}, {h} and {s} are the
// microseconds, hours and activities between, {id} the two first characters of ids, {mark} the beginning of references.
var shifts = []struct {
	table   string
	columns map[string]string
}{
	{"activity", map[string]string{"seq": "seq + {s}", "id": idOf("id"), "object": named("object"), "at": "at + {us}", "key": named("key"), "data": named("data")}},
	{"post", map[string]string{"seq": "seq + {s}", "id": idOf("id"), "external_id": named("external_id"), "at": "at + {us}", "parent": idOf("parent"), "waiting_for": named("waiting_for"),
		"root": idOf("root"), "conversation": idOf("conversation"), "edited_at": "edited_at + {us}", "deleted_at": "deleted_at + {us}"}},
	{"enrichment", map[string]string{"post": idOf("post"), "hour": "CASE WHEN hour < 0 THEN hour ELSE hour + {h} END"}},
	{"label_hour", map[string]string{"hour": "hour + {h}"}},
	{"mention", map[string]string{"post": idOf("post"), "at": "at + {us}"}},
	{"mention_hour", map[string]string{"hour": "hour + {h}"}},
	{"conversation", map[string]string{"id": idOf("id"), "root": idOf("root"), "post": idOf("post"), "opened_at": "opened_at + {us}", "first_reply_at": "first_reply_at + {us}",
		"resolved_at": "resolved_at + {us}", "waiting_since": "waiting_since + {us}", "last_theirs_at": "last_theirs_at + {us}", "last_ours_at": "last_ours_at + {us}", "last_at": "last_at + {us}"}},
	{"conversation_span", map[string]string{"conversation": idOf("conversation"), "opened_at": "opened_at + {us}", "resolved_at": "resolved_at + {us}"}},
	{"conversation_author", map[string]string{"conversation": idOf("conversation")}},
	{"business_fact", map[string]string{"id": named("id"), "at": "at + {us}", "until": "until + {us}", "activity": idOf("activity"), "ref": named("ref"), "external": named("external")}},
	{"measure_touch", map[string]string{"place": "place + 4 * {h}"}},
}

// untouched are derived tables that what is stated here leaves empty; else they would have to be copied too.
var untouched = []string{"person", "timeline", "consent", "thread_move", "conversation_alias", "conversation_promise", "service_promise", "conversation_tag", "conversation_link", "mention_due", "post_label", "business_withdrawn", "follower_failure", "measure_key", "measure_day"}

func idOf(column string) string {
	return "CASE WHEN " + column + " = '' THEN '' ELSE '{id}' || SUBSTR(" + column + ", 3) END"
}

func named(column string) string { return "REPLACE(" + column + ", 'l0x', '{mark}')" }

const idLetters = "0123456789abcdefghjkmnpqrstvwxyz" // of package id

// copyBlocks makes the later blocks of a plan in a database whose first block was stated through the ledger and digested: rows straight into
// the derived tables, with the triggers off. Nobody else may have it open. It gives the rows that stating all blocks would give, save that ids are others.
func copyBlocks(ctx context.Context, address string, p plan, say func(done int)) (err error) {
	driver, lite := "pgx", !strings.HasPrefix(address, "postgres")
	if lite {
		driver, address = "sqlite", "file:"+address+"?_pragma=temp_store(MEMORY)&_pragma=cache_size(-3000000)"
	}
	pool, err := sql.Open(driver, address)
	if err != nil {
		return err
	}
	defer pool.Close()
	c, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	do := func(query string) {
		if err == nil {
			if _, err = c.ExecContext(ctx, query); err != nil {
				err = fmt.Errorf("%.200s: %w", query, err)
			}
		}
	}
	number := func(query string) (n int64) {
		if err == nil {
			if err = c.QueryRowContext(ctx, query).Scan(&n); err != nil {
				err = fmt.Errorf("%.200s: %w", query, err)
			}
		}
		return n
	}
	for _, table := range untouched {
		if n := number("SELECT COUNT(*) FROM " + table); n > 0 {
			return fmt.Errorf("there are %d rows of %s, which are not copied", n, table)
		}
	}
	var first string
	if err == nil {
		err = c.QueryRowContext(ctx, "SELECT MIN(id) FROM activity").Scan(&first)
	}
	if err != nil {
		return err
	}
	prefix := strings.IndexByte(idLetters, first[0])*32 + strings.IndexByte(idLetters, first[1])
	last := number("SELECT MAX(seq) FROM activity")
	var triggers [][2]string
	if lite {
		do("PRAGMA journal_mode = OFF")
		do("PRAGMA synchronous = OFF")
		if triggers, err = texts(ctx, c, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"); err != nil {
			return err
		}
		for _, t := range triggers {
			do("DROP TRIGGER " + t[0])
		}
		do("CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'post_text', 'instance')")
		do("CREATE TEMP TABLE base_post_text AS SELECT doc AS seq, GROUP_CONCAT(term, ' ') AS stems FROM temp.words GROUP BY doc")
	} else {
		do("SET session_replication_role = replica") // no triggers
		do("SET synchronous_commit = off")
		do("CREATE TEMP TABLE base_post_text AS SELECT * FROM post_text")
	}
	inserts := []string{}
	for _, s := range shifts {
		do("CREATE TEMP TABLE base_" + s.table + " AS SELECT * FROM " + s.table)
		columns, e := c.QueryContext(ctx, "SELECT * FROM "+s.table+" LIMIT 0")
		if e != nil {
			return e
		}
		names, e := columns.Columns()
		columns.Close()
		if e != nil {
			return e
		}
		var values []string
		for _, n := range names {
			if v, ok := s.columns[n]; ok {
				n = v
			}
			values = append(values, n)
		}
		given := ""
		if s.table == "activity" && !lite {
			given = " OVERRIDING SYSTEM VALUE"
		}
		inserts = append(inserts, "INSERT INTO "+s.table+" ("+strings.Join(names, ", ")+")"+given+" SELECT "+strings.Join(values, ", ")+" FROM base_"+s.table)
	}
	if lite {
		inserts = append(inserts, "INSERT INTO post_text (rowid, stems) SELECT seq + {s}, stems FROM base_post_text")
	} else {
		inserts = append(inserts, "INSERT INTO post_text (seq, stems) SELECT seq + {s}, stems FROM base_post_text")
	}
	for k := 1; k < p.blocks && err == nil; k++ {
		fill := strings.NewReplacer("{us}", strconv.FormatInt(int64(k)*p.span.Microseconds(), 10), "{h}", strconv.Itoa(k*int(p.span/time.Hour)), "{s}", strconv.FormatInt(int64(k)*last, 10),
			"{id}", string([]byte{idLetters[(prefix+k)/32%32], idLetters[(prefix+k)%32]}), "{mark}", mark(k))
		do("BEGIN")
		for _, text := range inserts {
			do(fill.Replace(text))
		}
		do("COMMIT")
		say(k + 1)
	}
	n := strconv.Itoa(p.blocks)
	do("UPDATE identity SET posts = posts * " + n + ", last_at = last_at + " + strconv.FormatInt(int64(p.blocks-1)*p.span.Microseconds(), 10))
	do("UPDATE conversation_count SET n = n * " + n)
	do("UPDATE derivation SET seq = (SELECT MAX(seq) FROM activity)")
	if lite {
		for _, t := range triggers {
			do(t[1])
		}
		do("PRAGMA journal_mode = WAL")
	} else {
		do("SELECT SETVAL(PG_GET_SERIAL_SEQUENCE('activity', 'seq'), (SELECT MAX(seq) FROM activity))")
		do("ANALYZE")
	}
	return err
}

func texts(ctx context.Context, c *sql.Conn, query string) (out [][2]string, err error) {
	rows, err := c.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var t [2]string
		if err := rows.Scan(&t[0], &t[1]); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}
