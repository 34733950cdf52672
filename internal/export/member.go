package export

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// holding is what a member has here of one kind: $1 is their id, $2 the identity they speak under, $3 that under which they speak from the inbox.
type holding struct {
	name    string
	columns string // in the order of the query; one that ends in _at is a time, one that ends in _json holds JSON
	query   string
}

const saidBy = "(p.author = $2 OR p.author = $3)"

// holdings are all that somebody said, voted, read and set in communities.
func holdings() []holding {
	const where = " JOIN community_thread t ON t.id = p.thread JOIN community_space s ON s.id = t.space JOIN community c ON c.id = s.community WHERE " + saidBy
	return []holding{
		{"profile", "name email lang zone role created_at", "SELECT name, email, lang, zone, role, created_at FROM member WHERE id = $1 AND $2 <> $3"},
		{"about_me", "about changed_at", "SELECT about, changed_at FROM community_profile WHERE member = $1 AND $2 <> $3"},
		{"posts", "community space thread thread_title id in_reply_to kind title markdown score said_at edited_at removed_at", `SELECT c.slug, s.slug, t.id, t.title, p.id, p.parent, p.kind, p.title, p.markup, p.score, p.at, p.edited_at, p.deleted_at
			FROM community_post p` + where + " AND $1 <> '' ORDER BY p.at, p.id"},
		{"waiting_posts", "community space said_json why since_at", `SELECT c.slug, COALESCE(s.slug, ''), k.content, k.cause, k.at FROM community_case k JOIN community c ON c.id = k.community LEFT JOIN community_space s ON s.id = k.space
			WHERE k.member = $1 AND k.kind = 'held' AND k.state = 'open' AND $2 <> $3 ORDER BY k.at, k.id`},
		{"points", "community points", "SELECT c.slug, SUM(x.points) FROM recognition_standing x JOIN community c ON c.channel = x.channel WHERE (x.person = $2 OR x.person = $3) AND $1 <> '' GROUP BY c.slug ORDER BY c.slug"},
		{"points_by_month", "community month points", "SELECT c.slug, x.month, SUM(x.points) FROM recognition_month x JOIN community c ON c.channel = x.channel WHERE (x.person = $2 OR x.person = $3) AND $1 <> '' GROUP BY c.slug, x.month ORDER BY c.slug, x.month"},
		{"merits", "community kind about times", `SELECT c.slug, x.kind, x.about, COUNT(*) FROM recognition_merit x JOIN community c ON c.channel = x.channel
			WHERE (x.person = $2 OR x.person = $3) AND x.giver <> x.person AND x.value > 0 AND $1 <> '' GROUP BY c.slug, x.kind, x.about ORDER BY c.slug, x.kind, x.about`},
		{"hidden_posts", "post title markdown hidden_at", "SELECT h.post, h.title, h.markup, h.at FROM community_hidden h JOIN community_post p ON p.id = h.post WHERE " + saidBy + " AND $1 <> '' ORDER BY h.at, h.post"},
		{"earlier_versions", "post title markdown since_at", "SELECT e.post, e.title, e.markup, e.at FROM community_edit e JOIN community_post p ON p.id = e.post WHERE " + saidBy + " AND $1 <> '' ORDER BY e.at, e.activity"},
		{"articles", "article version title markdown written_at state", `SELECT a.id, r.version, r.title, r.markup, r.at, a.state FROM community_article a JOIN community_revision r ON r.article = a.id
			WHERE (a.author = $2 OR a.author = $3) AND $1 <> '' ORDER BY a.id, r.version`},
		{"votes", "post value", "SELECT post, value FROM community_vote WHERE (voter = $2 OR voter = $3) AND value <> 0 AND $1 <> '' ORDER BY post"},
		{"idea_votes", "idea value", "SELECT idea, value FROM community_idea_vote WHERE (voter = $2 OR voter = $3) AND value <> 0 AND $1 <> '' ORDER BY idea"},
		{"reactions", "post reaction", "SELECT REPLACE(post, 'hidden:', ''), reaction FROM community_reaction WHERE (voter = $2 OR voter = $3) AND taken = 1 AND $1 <> '' ORDER BY 1, reaction"},
		{"poll_ballots", "post choices_json", "SELECT post, choices FROM community_poll_ballot WHERE (voter = $2 OR voter = $3) AND $1 <> '' ORDER BY post"},
		{"article_opinions", "article helped reason said_at", "SELECT article, helped, reason, at FROM community_help WHERE (reader = $2 OR reader = $3) AND $1 <> '' ORDER BY article"},
		{"event_seats", "event date title state since_at", `SELECT b.event, b.n, t.title, b.state, b.at FROM community_event_seat b JOIN community_thread t ON t.id = b.event
			WHERE (b.person = $2 OR b.person = $3) AND $1 <> '' ORDER BY b.at, b.event, b.n`},
		{"jury_scores", "challenge idea scores_json words given_at", "SELECT challenge, idea, scores, words, at FROM community_challenge_score WHERE (juror = $2 OR juror = $3) AND $1 <> '' ORDER BY at, challenge, idea"},
		{"thanks_said", "community to words said_at", `SELECT c.slug, COALESCE(v.handle, ''), x.words, x.at FROM recognition_thanks x JOIN community c ON c.channel = x.channel
			LEFT JOIN community_voice v ON v.channel = x.channel AND v.author = x.person WHERE (x.giver = $2 OR x.giver = $3) AND $1 <> '' ORDER BY x.at, x.id`},
		{"thanks_received", "community from words said_at", `SELECT c.slug, x.giver_name, x.words, x.at FROM recognition_thanks x JOIN community c ON c.channel = x.channel
			WHERE (x.person = $2 OR x.person = $3) AND $1 <> '' ORDER BY x.at, x.id`},
		{"memberships", "community space state role words since_at", `SELECT c.slug, COALESCE(s.slug, ''), b.state, b.role, b.words, b.at FROM community_membership b JOIN community c ON c.id = b.community
			LEFT JOIN community_space s ON s.id = b.space WHERE b.member = $1 AND $2 <> $3 ORDER BY c.slug, 2`},
		{"read", "thread up_to_at", "SELECT thread, up_to FROM community_read WHERE member = $1 AND $2 <> $3 ORDER BY thread"},
		{"followed", "thread since_at", "SELECT thread, at FROM community_follow WHERE member = $1 AND $2 <> $3 ORDER BY at, thread"},
		{"bookmarks", "post put_at", "SELECT post, at FROM community_bookmark WHERE member = $1 AND $2 <> $3 ORDER BY at, post"},
		{"notice_levels", "place level since_at", "SELECT place, level, at FROM community_level WHERE member = $1 AND $2 <> $3 ORDER BY place"},
		{"mail_settings", "community mail digest", "SELECT c.slug, w.mail, w.digest FROM community_wish w JOIN community c ON c.id = w.community WHERE w.member = $1 AND $2 <> $3 ORDER BY c.slug"},
		{"notices", "kind thread post words told_at read_at", "SELECT kind, thread, post, words, at, read_at FROM community_notice WHERE member = $1 AND $2 <> $3 ORDER BY at, id"},
		{"flags", "case reason words said_at", "SELECT case_id, reason, words, at FROM community_flag WHERE member = $1 AND $2 <> $3 ORDER BY at, case_id"},
		{"sanctions", "community kind reason words since_at until_at ended_at", `SELECT c.slug, x.kind, x.reason, x.words, x.at, x.until_at, x.ended_at FROM community_sanction x JOIN community c ON c.id = x.community
			WHERE x.member = $1 AND $2 <> $3 ORDER BY x.at, x.id`},
		{"files", "id name type size brought_at", "SELECT id, name, type, size, at FROM community_file WHERE member = $1 AND place = '' AND $2 <> $3 ORDER BY at, id"},
		{"orders", "kind placed_at amount currency", "SELECT kind, at, amount, currency FROM activity WHERE actor = $2 AND kind = 'order.placed' AND $1 <> $3 ORDER BY at, id"},
	}
}

// Own writes, as a zip archive, all that whoever acts said, voted, read and set in communities, and the files they brought.
func (s *Service) Own(ctx context.Context, w io.Writer) error {
	m := org.Who(ctx)
	if m == nil || !m.May(org.SignedIn) {
		return problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	z := zip.NewWriter(w)
	for _, h := range holdings() {
		out, err := z.Create(h.name + ".jsonl")
		if err != nil {
			return err
		}
		if err := s.hold(ctx, out, &h, m); err != nil {
			return fmt.Errorf("export %s of a member: %w", h.name, err)
		}
	}
	files, err := s.community.FilesOf(ctx, m.ID)
	if err != nil {
		return err
	}
	for _, f := range files {
		out, err := z.Create("files/" + shownAs(f))
		if err != nil {
			return err
		}
		if err := s.community.WriteFile(ctx, &f, out); err != nil && !problem.Is(err, problem.Missing) {
			return err
		}
	}
	return z.Close()
}

func (s *Service) hold(ctx context.Context, w io.Writer, h *holding, m *org.Member) error {
	rows, err := held(ctx, s.db.Read(), h.columns, h.query, m.ID, "mailto:"+m.Email, "member:"+m.ID)
	if err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, r := range rows {
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

// held reads rows as objects whose fields are named by columns, those without a value left out.
func held(ctx context.Context, q db.Q, names, query string, args ...any) ([]map[string]any, error) {
	columns := strings.Fields(names)
	type row []any
	list, err := db.All(ctx, q, func(r *row) []any {
		*r = make(row, len(columns))
		places := make([]any, len(columns))
		for i := range places {
			places[i] = &(*r)[i]
		}
		return places
	}, query, args...)
	out := make([]map[string]any, 0, len(list))
	for _, r := range list {
		v := map[string]any{}
		for i, c := range columns {
			if x := plainly(c, r[i]); x != nil && x != "" {
				v[strings.TrimSuffix(c, "_json")] = x
			}
		}
		out = append(out, v)
	}
	return out, err
}

// plainly is a value of the database as people read it.
func plainly(column string, v any) any {
	if b, ok := v.([]byte); ok {
		v = string(b)
	}
	if strings.HasSuffix(column, "_at") {
		n, ok := v.(int64)
		if !ok {
			return nil
		}
		return time.UnixMicro(n).UTC().Format(time.RFC3339)
	}
	if s, ok := v.(string); ok && strings.HasSuffix(column, "_json") {
		if json.Valid([]byte(s)) {
			return json.RawMessage(s)
		}
	}
	return v
}
