package export

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/entente/entente/internal/db"
)

// besides are what stands beside the words of spaces. In the queries $1 are the spaces, $2 is the last row that was read, by its first column, which is not told: names of
// those who voted or chose are never read.
func besides() []holding {
	const shown = " JOIN community_thread t ON t.id = p.thread AND t.deleted_at IS NULL AND t.merged_into = '' AND t.space IN $1 WHERE p.deleted_at IS NULL"
	return []holding{
		{"event_date", "row thread date starts_at ends_at zone place link seats cancelled reason often enrolled waiting", `SELECT e.id || ' ' || (1000000 + e.n), e.id, e.n, e.starts_at, e.ends_at, e.zone, e.place, e.link, e.seats, e.cancelled,
			e.reason, e.often, (SELECT COUNT(*) FROM community_event_seat b WHERE b.event = e.id AND b.n = e.n AND b.state = 'in'), (SELECT COUNT(*) FROM community_event_seat b WHERE b.event = e.id AND b.n = e.n AND b.state = 'waiting')
			FROM community_event e JOIN community_thread t ON t.id = e.id AND t.deleted_at IS NULL AND t.space IN $1 WHERE e.id || ' ' || (1000000 + e.n) > $2 ORDER BY 1`},
		{"seat", "row thread date name mail state since_at", `SELECT b.event || ' ' || (1000000 + b.n) || ' ' || b.person, b.event, b.n, b.name, b.person, b.state, b.at FROM community_event_seat b
			JOIN community_thread t ON t.id = b.event AND t.deleted_at IS NULL AND t.space IN $1 WHERE b.state <> 'out' AND b.event || ' ' || (1000000 + b.n) || ' ' || b.person > $2 ORDER BY 1`},
		{"poll", "row post choices_json several ends_at", "SELECT l.post, l.post, l.choices, l.several, l.ends_at FROM community_poll l JOIN community_post p ON p.id = l.post" + shown + " AND l.post > $2 ORDER BY 1"},
		{"ballot", "row post choices_json count", `SELECT b.post || ' ' || b.choices, b.post, b.choices, COUNT(*) FROM community_poll_ballot b JOIN community_post p ON p.id = b.post` + shown +
			" AND b.choices <> '[]' AND b.post || ' ' || b.choices > $2 GROUP BY b.post, b.choices ORDER BY 1"},
		{"reaction", "row post reaction count", `SELECT b.post || ' ' || b.reaction, b.post, b.reaction, COUNT(*) FROM community_reaction b JOIN community_post p ON p.id = b.post` + shown +
			" AND b.taken = 1 AND b.post || ' ' || b.reaction > $2 GROUP BY b.post, b.reaction ORDER BY 1"},
		{"version", "row post until_at title markdown", "SELECT e.activity, e.post, e.at, e.title, e.markup FROM community_edit e JOIN community_post p ON p.id = e.post" + shown + " AND e.activity > $2 ORDER BY 1"},
		{"entry", "row challenge idea entered_at", `SELECT x.challenge || ' ' || x.idea, x.challenge, x.idea, x.at FROM community_challenge_entry x JOIN community_challenge h ON h.id = x.challenge AND h.space IN $1
			JOIN community_post p ON p.id = x.idea` + shown + " AND x.challenge || ' ' || x.idea > $2 ORDER BY 1"},
	}
}

const besidesAtOnce = 2000

// beside writes what stands beside the words: dates of events, polls, reactions, earlier versions, challenges with their results, thanks and members.
func (t *teller) beside(e *json.Encoder) error {
	q, ids := t.s.db.Read(), make([]string, len(t.scope.spaces))
	for i := range t.scope.spaces {
		ids[i] = t.scope.spaces[i].ID
	}
	for _, h := range besides() {
		query := strings.ReplaceAll(h.query, "IN $1", "IN "+db.Among(q, "$1")) + db.Limit(besidesAtOnce)
		for last := ""; ; {
			rows, err := held(t.ctx, q, h.columns, query, db.Texts(ids), last)
			if err != nil {
				return fmt.Errorf("export what is a %s: %w", h.name, err)
			}
			for _, r := range rows {
				last, _ = r["row"].(string)
				delete(r, "row")
				t.who(r)
				if words, has := r["markdown"].(string); has {
					r["markdown"] = t.located(words)
				}
				r["kind"] = h.name
				if err := e.Encode(r); err != nil {
					return err
				}
			}
			if len(rows) < besidesAtOnce {
				break
			}
		}
	}
	if err := t.challenges(e); err != nil {
		return err
	}
	return t.fellows(e)
}

// challenges writes the calls for ideas, with what the jury gave once all see that.
func (t *teller) challenges(e *json.Encoder) error {
	list, err := t.s.community.ChallengesIn(t.ctx, t.scope.spaces)
	if err != nil {
		return err
	}
	for i := range list {
		h := &list[i]
		var jury []string
		for _, a := range h.Jury {
			jury = append(jury, a.Name)
		}
		if err := e.Encode(brief(map[string]any{"kind": "challenge", "id": h.ID, "space": h.Space, "title": h.Title, "markdown": t.located(h.Markup), "author": h.AuthorName, "at": h.At, "starts_at": h.StartsAt, "ends_at": h.EndsAt,
			"judged_at": h.JudgedAt, "criteria": h.Criteria, "jury": jury})); err != nil {
			return err
		}
		verdicts, err := t.s.community.Verdicts(t.ctx, h, nil)
		if err != nil {
			return err
		}
		for _, v := range verdicts {
			if err := e.Encode(brief(map[string]any{"kind": "score", "challenge": h.ID, "idea": v.Idea, "juror": v.Name, "scores": v.Scores, "words": v.Words, "at": v.At})); err != nil {
				return err
			}
		}
	}
	return nil
}

// who says of somebody with an address which of the persons who spoke they are; the address itself goes along only when it was asked for.
func (t *teller) who(r map[string]any) {
	address, has := r["mail"].(string)
	if !has {
		return
	}
	mail, is := strings.CutPrefix(address, "mailto:")
	if n := t.people["mailto:"+mail]; n > 0 {
		r["person"] = n
	}
	if r["mail"] = mail; !t.scope.people || !is && strings.Contains(mail, ":") { // somebody of elsewhere has none
		delete(r, "mail")
	}
}

// fellows writes thanks in words, and who is in the community and in the groups that go along.
func (t *teller) fellows(e *json.Encoder) error {
	q, ids := t.s.db.Read(), []string{""}
	for i := range t.scope.spaces {
		ids = append(ids, t.scope.spaces[i].ID)
	}
	thanks, err := held(t.ctx, q, "from to words said_at", `SELECT x.giver_name, COALESCE(v.name, ''), x.words, x.at FROM recognition_thanks x LEFT JOIN community_voice v ON v.channel = x.channel AND v.author = x.person
		WHERE x.channel = $1 ORDER BY x.at, x.id`, t.scope.community.Channel)
	if err != nil {
		return fmt.Errorf("export thanks: %w", err)
	}
	members, err := held(t.ctx, q, "mail name space role since_at", `SELECT m.email, m.name, b.space, b.role, b.at FROM community_membership b JOIN member m ON m.id = b.member WHERE b.community = $1 AND b.state = 'in' AND m.state = 'active'
		AND b.space IN `+db.Among(q, "$2")+" ORDER BY b.at, m.id, b.space", t.scope.community.ID, db.Texts(ids))
	if err != nil {
		return fmt.Errorf("export who is in a community: %w", err)
	}
	for _, r := range thanks {
		r["kind"] = "thanks"
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	for _, r := range members {
		t.who(r)
		r["kind"] = "member"
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	return nil
}
