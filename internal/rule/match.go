package rule

import (
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/lang/query"
)

// meeting is a fact that rules look at, with what it is about as it stands.
type meeting struct {
	occasion Occasion
	fact     string // the same fact has the same name, whoever looks and when
	at       time.Time
	learned  time.Time
	chain    []string // the rules whose doing led to it
	post     *channel.Post
	doc      *query.Doc
	talk     *inbox.Conversation // nil: none is about it
	standing inbox.Standing
}

// Why says why a rule fired.
type Why struct {
	Words []string `json:"words,omitempty"` // those of its query that the post has
	Query string   `json:"query,omitempty"` // the query, where no word of it but only fields decide
	Held  string   `json:"held,omitempty"`  // the conditions that held, as they are in Conditions
	Priv  string   `json:"privacy,omitempty"`
	Stood string   `json:"standing,omitempty"`
	Again int      `json:"reopened,omitempty"`
	Where string   `json:"channel,omitempty"` // the channel, where the rule names some
	Waits int64    `json:"waits,omitempty"`   // seconds somebody waited
}

// match says whether a rule's conditions hold, and why.
func (r *Rule) match(m *meeting) (w Why, holds bool) {
	if len(r.If.Channels) > 0 {
		where := ""
		if m.post != nil {
			where = m.post.Channel
		} else if m.talk != nil {
			where = m.talk.Channel
		}
		for _, c := range r.If.Channels {
			if c == where {
				w.Where = c
			}
		}
		if w.Where == "" {
			return w, false
		}
	}
	if !r.privacy(m) || !r.held(m) || !r.stood(m) {
		return w, false
	}
	w.Priv, w.Held, w.Stood = r.If.Privacy, r.If.Held, r.If.Standing
	if r.If.Reopened > 0 {
		if m.talk == nil || m.talk.Reopened < r.If.Reopened {
			return w, false
		}
		w.Again = m.talk.Reopened
	}
	if !r.meant.Empty() {
		if m.doc == nil || !r.meant.Match(m.doc) {
			return w, false
		}
		w.Words = said(r.meant, m.doc)
		if len(w.Words) == 0 {
			w.Query = r.If.Words
		}
	}
	if r.When == Waiting {
		w.Waits = int64(r.WaitFor / time.Second)
	}
	return w, true
}

func (r *Rule) privacy(m *meeting) bool {
	if r.If.Privacy == "" {
		return true
	}
	private := false
	switch {
	case m.post != nil:
		private = m.post.Private
	case m.talk != nil:
		private = m.talk.Private
	}
	return private == (r.If.Privacy == Private)
}

func (r *Rule) held(m *meeting) bool {
	who := ""
	if m.talk != nil {
		who = m.standing.Assignee
	}
	switch r.If.Held {
	case "":
		return true
	case Nobody:
		return who == ""
	case Somebody:
		return who != ""
	}
	return who == r.If.Held
}

func (r *Rule) stood(m *meeting) bool {
	there := m.talk != nil && m.standing.There
	switch r.If.Standing {
	case Without:
		return !there
	case OpenOne:
		return there && m.standing.State == inbox.Open
	case Done:
		return there && m.standing.State == inbox.Resolved
	}
	return true
}

// mostWords is how many words of a query the log names.
const mostWords = 8

// said are the words of a query that a post has.
func said(meant *query.Query, d *query.Doc) []string {
	var out []string
	for _, t := range meant.Terms() {
		if t.Query.Match(d) {
			out = append(out, t.Text)
		}
		if len(out) == mostWords {
			break
		}
	}
	return out
}
