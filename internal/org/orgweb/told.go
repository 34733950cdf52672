package orgweb

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
)

// told is an entry of the audit log as people read it.
type told struct {
	What   string // a sentence
	More   string // what the sentence does not say
	Object string
	Href   string // of the object, "" when it has no page
}

// tell puts an entry into words: "Changed a role from Volunteer to Social team". What its details say and the sentence does not comes after
// it, with words instead of the names of fields; ids, which say nothing to people, are left out.
func (p auditPage) tell(ctx context.Context, e org.Entry) told {
	var raw map[string]any
	_ = json.Unmarshal(e.Details, &raw) // what is no object has nothing to say
	details := map[string]any{}
	for k, v := range raw {
		details[strings.ToLower(k)] = v
	}
	t := told{What: actionName(ctx, e.Action)}
	t.Object, t.Href = p.object(ctx, e, details)
	if key := "org.did." + e.Action; i18n.Has(key) {
		if used, args, all := p.used(ctx, e.Action, details); all {
			t.What = i18n.T(ctx, key, args...)
			for _, k := range used {
				delete(details, k)
			}
		}
	}
	delete(details, "colour") // an index, which says nothing
	if e.Action == "post.label" {
		delete(details, "version") // of models, which is on the page of the post
	}
	var more []string
	for _, k := range slices.Sorted(maps.Keys(details)) {
		if s := p.say(ctx, k, details[k]); s != "" {
			if key := "org.detail." + k; i18n.Has(key) {
				s = i18n.T(ctx, key, "Value", s)
			} else {
				s = k + i18n.Colon(ctx) + s
			}
			more = append(more, s)
		}
	}
	t.More = strings.Join(more, " · ")
	return t
}

// parts are the details that the sentence of an action is made of.
func parts(action string) []string {
	switch action {
	case "member.role":
		return []string{"from", "to"}
	case "member.invite":
		return []string{"email", "role"}
	case "member.withdraw":
		return []string{"email"}
	case "conversation.assign":
		return []string{"to"}
	case "topic.added", "topic.changed":
		return []string{"name", "query"}
	case "import.start":
		return []string{"file", "format"}
	case "sample.draw":
		return []string{"size"}
	case "strategy.map_added":
		return []string{"name", "objectives"}
	case "strategy.objective_added", "strategy.objective_changed", "strategy.objective_removed", "strategy.map_renamed", "strategy.map_removed",
		"topic.removed", "channel.add", "channel.change", "channel.remove", "token.make":
		return []string{"name"}
	}
	return nil
}

func (p auditPage) used(ctx context.Context, action string, details map[string]any) (used []string, args []any, all bool) {
	used = parts(action)
	for _, k := range used {
		s := p.say(ctx, k, details[k])
		if s == "" {
			return nil, nil, false
		}
		args = append(args, strings.ToUpper(k[:1])+k[1:], s)
	}
	return used, args, len(used) > 0
}

// say writes one detail, "" for what says nothing.
func (p auditPage) say(ctx context.Context, name string, v any) string {
	switch v := v.(type) {
	case string:
		return clip(p.word(ctx, name, v))
	case bool:
		if !v {
			return ""
		}
		return i18n.T(ctx, "org.yes")
	case float64:
		if v == float64(int64(v)) {
			return i18n.Number(ctx, v, 0)
		}
		return i18n.Number(ctx, v, 2)
	case []any:
		var out []string
		for _, one := range v {
			if s := p.say(ctx, name, one); s != "" {
				out = append(out, s)
			}
		}
		return clip(strings.Join(out, ", "))
	case map[string]any:
		if own, ok := v[i18n.Lang(ctx)].(string); ok && own != "" { // words in several languages
			return clip(own)
		}
		if en, ok := v["en"].(string); ok {
			return clip(en)
		}
		var out []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if s := p.say(ctx, k, v[k]); s != "" {
				called := k
				if key := "org.detail." + name + "." + k; i18n.Has(key) {
					called = i18n.T(ctx, key)
				}
				out = append(out, called+" "+s)
			}
		}
		return clip(strings.Join(out, ", "))
	}
	return ""
}

// word is a text of a detail: roles, languages, permissions, members and days have names.
func (p auditPage) word(ctx context.Context, name, v string) string {
	if p.Names[v] != "" {
		return p.Names[v]
	}
	if id.Valid(v) {
		return ""
	}
	for _, key := range []string{"org.role." + v, "org.permission." + strings.ReplaceAll(v, ":", "_"), "org.detail." + name + "." + v} {
		if v != "" && i18n.Has(key) {
			return i18n.T(ctx, key)
		}
	}
	if name == "value" || name == "model" { // what was said of a post: "praise,lead", "fr", "?"
		return p.said(ctx, v)
	}
	if name == "lang" && i18n.Known(v) {
		return i18n.Language(ctx, v)
	}
	if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
		if at.IsZero() {
			return ""
		}
		return i18n.DateTime(ctx, at)
	}
	return v
}

// said is what a person or the model said of a post; several kinds stand with commas between them.
func (p auditPage) said(ctx context.Context, v string) string {
	all := strings.Split(v, ",")
	for i, one := range all {
		if one == "?" {
			one = "unsure"
		}
		if key := "org.detail.value." + one; i18n.Has(key) {
			all[i] = i18n.T(ctx, key)
		} else if len(one) == 2 { // a language, of any the models know
			all[i] = i18n.Language(ctx, one)
		}
	}
	return strings.Join(all, ", ")
}

func clip(s string) string {
	if r := []rune(s); len(r) > 200 {
		return string(r[:199]) + "…"
	}
	return s
}

// object names what something was done to, by its own name where the entry knows it, else by its kind, and says where its page is.
func (p auditPage) object(ctx context.Context, e org.Entry, details map[string]any) (name, href string) {
	kind, key, _ := strings.Cut(e.Object, ":")
	if id.Valid(e.Object) { // of people and topics
		kind, _, _ = strings.Cut(e.Action, ".")
		key = e.Object
	}
	if kind == "member" {
		name = p.Names[key]
	} else if kind != "organisation" {
		name = p.say(ctx, "name", details["name"])
	}
	if name == "" {
		name = e.Object
		if word := "org.object." + kind; i18n.Has(word) {
			name = i18n.T(ctx, word)
		}
	}
	at := map[string]string{"conversation": "/inbox/", "post": "/posts/", "channel": "/channels/", "import": "/import/", "objective": "/strategy/objectives/", "initiative": "/initiatives/",
		"person": "/people/", "identity": "/people/", "topic": "/topics/", "sample": "/samples/"}[kind]
	if at != "" && id.Valid(key) && !p.gone(e.Object) {
		href = at + key
	}
	switch kind {
	case "map":
		href = "/strategy"
	case "member":
		href = "/members"
	case "organisation":
		href = "/organisation"
	}
	return name, href
}

// gone reports whether the page shows that the object was removed.
func (p auditPage) gone(object string) bool {
	return slices.ContainsFunc(p.Entries, func(e org.Entry) bool {
		return e.Object == object && (strings.HasSuffix(e.Action, "removed") || e.Action == "channel.remove")
	})
}
