package intake

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/plain"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/intake/marked"
	"github.com/entente/entente/internal/ledger"
)

const maxVoters = 10_000 // of one idea in one cell

// thread states an idea or an article of a community.
func (c *converter) thread(place Place, emit func(Row) error) error {
	if strings.Join(c.cells, "") == "" {
		return emit(Row{Place: place, Left: true})
	}
	title, text := strings.Join(strings.Fields(c.of("title")), " "), c.of("text")
	if plain.Looks(text) {
		text = marked.Options{}.From(text)
	}
	if title == "" || text == "" {
		return emit(refused(place, "intake.no_text", c.said()))
	}
	at := c.opts.Now
	if raw := c.of("at"); raw != "" {
		t, ok := dateOf(raw, c.l.Dates, c.opts.zone())
		if !ok {
			return emit(refused(place, "intake.bad_date", raw))
		}
		if t.After(c.opts.read().Add(24 * time.Hour)) {
			return emit(refused(place, "intake.future", raw))
		}
		at = t
	}
	external := c.of("id")
	if external == "" {
		external = "sum:" + digest(title, text)
	}
	name, actor := c.of("author_name"), ""
	if raw := c.of("author"); raw != "" {
		uri, err := channel.Identify(raw, "")
		switch {
		case err == nil:
			actor = uri
		case name == "":
			name = raw
		}
	}
	was := formerly(c.of("url"))
	if c.l.Target == ArticleLines {
		return c.article(place, external, was, title, text, name, actor, at, emit)
	}
	return c.idea(place, "idea-"+external, was, title, text, name, actor, at, emit)
}

func (c *converter) idea(place Place, external, was, title, text, name, actor string, at time.Time, emit func(Row) error) error {
	item := &channel.Item{At: at}
	item.ExternalID, item.Kind, item.Title, item.AuthorName, item.Tags, item.Lang = external, "idea", title, name, split(c.of("tags")), langCode(c.of("lang"))
	item.Author.URI, item.Text, item.Was = actor, text, was
	if raw := c.of("score"); raw != "" {
		n, err := strconv.Atoi(strings.NewReplacer(" ", "", "\u00a0", "").Replace(raw))
		if err != nil {
			return emit(refused(place, "intake.bad_number", raw))
		}
		item.Score = max(n, 0)
	}
	var voters []string
	for i, raw := range split(c.of("voters")) {
		uri, err := channel.Identify(raw, "")
		if err != nil {
			return emit(refused(place, "intake.bad_identity", raw))
		}
		if i < maxVoters && !slices.Contains(voters, uri) {
			voters = append(voters, uri)
		}
	}
	item.Score = max(item.Score-len(voters), 0) // those who are named are counted by their votes
	state, known := statusOf(c.of("status"))
	if !known {
		return emit(refused(place, "intake.bad_status", c.of("status")))
	}
	c.opts.settle(item, &c.opts.to, text)
	c.opts.finish(item, true)
	if err := emit(Row{Place: place, Item: item}); err != nil {
		return err
	}
	about := About{Post: external, External: true}
	if state != "open" {
		said := ledger.Judged{Status: state, Reason: c.of("reason")}
		if err := emit(Row{Place: place, About: about, Fact: &ledger.Activity{Kind: ledger.IdeaJudged, Actor: c.opts.Actor, Channel: c.opts.Channel, At: c.opts.moved(at),
			Key: "judged:" + c.opts.Channel + ":" + digest(external, state, said.Reason), Data: ledger.Data(said)}}); err != nil {
			return err
		}
	}
	for _, voter := range voters {
		if err := emit(Row{Place: place, About: about, Fact: &ledger.Activity{Kind: ledger.VoteCast, Actor: voter, Channel: c.opts.Channel, At: c.opts.moved(at),
			Key: "vote:" + c.opts.Channel + ":" + digest(external, voter), Data: ledger.Data(ledger.Vote{Value: 1})}}); err != nil {
			return err
		}
	}
	return nil
}

// formerly is the part of an address that stays when its host name is a community's: path and query, "" for none.
func formerly(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || len(address) > 500 {
		return ""
	}
	path := strings.TrimRight(u.Path, "/")
	if path == "" && u.RawQuery == "" {
		return ""
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return path
}

// statusOf is what became of an idea, in the words of usual boards.
func statusOf(s string) (string, bool) {
	switch heading(s) {
	case "", "open", "new", "active", "pending", "ouverte", "ouvert", "nouvelle":
		return "open", true
	case "review", "under review", "in review", "a l etude", "en examen", "etudiee":
		return "review", true
	case "planned", "accepted", "prevue", "prevu", "planifiee", "acceptee":
		return "planned", true
	case "started", "in progress", "doing", "en cours", "commencee":
		return "started", true
	case "done", "completed", "complete", "shipped", "closed", "realisee", "terminee", "faite":
		return "done", true
	case "declined", "rejected", "refused", "wont do", "refusee", "ecartee", "declinee":
		return "declined", true
	}
	return "", false
}

func (c *converter) article(place Place, external, was, title, text, name, actor string, at time.Time, emit func(Row) error) error {
	kind := cmp.Or(strings.ToLower(c.of("kind")), "guide")
	if k, ok := map[string]string{"guide": "guide", "practice": "practice", "best practice": "practice", "bonne pratique": "practice", "opinion": "opinion", "tribune": "opinion",
		"research": "research", "etude": "research", "recherche": "research"}[heading(kind)]; ok {
		kind = k
	} else {
		return emit(refused(place, "intake.bad_status", kind))
	}
	state := "approved"
	switch heading(c.of("status")) {
	case "", "approved", "published", "publie", "publiee", "approuve", "true", "yes", "oui":
	case "draft", "brouillon", "false", "no", "non":
		state = "draft"
	case "review", "en relecture":
		state = "review"
	default:
		return emit(refused(place, "intake.bad_status", c.of("status")))
	}
	months := 0
	if raw := c.of("months"); raw != "" {
		var err error
		if months, err = strconv.Atoi(raw); err != nil || months < 0 || months > 60 {
			return emit(refused(place, "intake.bad_number", raw))
		}
	}
	language := langCode(c.of("lang"))
	if language != "fr" {
		language = "en"
	}
	if actor == "" {
		actor = c.opts.Actor
	}
	at = c.opts.moved(at)
	article := id.From(c.opts.Channel, "article:"+external)
	if err := emit(Row{Place: place, Fact: &ledger.Activity{ID: article, Object: article, Kind: ledger.ArticleWritten, Actor: actor, Channel: c.opts.Channel, At: at,
		Key: "article:" + article, Data: ledger.Data(ledger.Written{Space: c.opts.to.Space, Kind: kind, Title: c.opts.line(title), Markup: text, Lang: language, Version: 1, AuthorName: c.opts.line(name),
			Months: months, Was: was})}}); err != nil || state == "draft" {
		return err
	}
	return emit(Row{Place: place, Fact: &ledger.Activity{Object: article, Kind: ledger.ArticleTurned, Actor: c.opts.Actor, Channel: c.opts.Channel, At: at,
		Key: "article-turned:" + article + ":import", Data: ledger.Data(ledger.ArticleState{State: state, Version: 1})}})
}
