package listeningweb

import (
	"context"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/lang/query"
)

func topicOptions(ctx context.Context, v *mentionsView) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "listening.all_posts")}}
	for i := range v.topics {
		out = append(out, ui.Option{Value: v.topics[i].ID, Label: v.topics[i].Name})
	}
	return out
}

func languageOptions(ctx context.Context) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "listening.any")}}
	for _, l := range languages() {
		out = append(out, ui.Option{Value: l, Label: i18n.T(ctx, "listening.lang."+l)})
	}
	return out
}

func labelOptions(ctx context.Context) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "listening.any")}}
	for _, l := range []string{"negative", "neutral", "positive", "none"} {
		out = append(out, ui.Option{Value: l, Label: i18n.T(ctx, "listening.label."+l)})
	}
	return out
}

func periodOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, d := range []string{"7", "30", "90", "180"} {
		out = append(out, ui.Option{Value: d, Label: i18n.T(ctx, "listening.period."+d)})
	}
	return append(out, ui.Option{Value: "days", Label: i18n.T(ctx, "listening.exact_days")})
}

func about(ctx context.Context, v *mentionView) []ui.Item {
	out := []ui.Item{{Label: i18n.T(ctx, "listening.channel"), Value: v.channel}}
	if v.Kind != "" {
		name := v.Kind
		if key := "listening.kind." + name; i18n.Has(key) {
			name = i18n.T(ctx, key)
		}
		out = append(out, ui.Item{Label: i18n.T(ctx, "listening.kind"), Value: name})
	}
	if v.Mention.Lang != "" {
		name := v.Mention.Lang
		if i18n.Has("listening.lang." + name) {
			name = i18n.T(ctx, "listening.lang."+name)
		}
		out = append(out, ui.Item{Label: i18n.T(ctx, "listening.language"), Value: name})
	}
	if v.Label != "" {
		out = append(out, ui.Item{Label: i18n.T(ctx, "listening.label"), Body: labelBadge(v.Label)})
	}
	if v.Score != 0 {
		out = append(out, ui.Item{Label: i18n.T(ctx, "listening.score"), Value: i18n.Number(ctx, float64(v.Score), 0)})
	}
	if len(v.topics) > 0 {
		out = append(out, ui.Item{Label: i18n.T(ctx, "listening.topics"), Body: topicTags(v.topics)})
	}
	return append(out, ui.Item{Label: i18n.T(ctx, "listening.learned"), Value: i18n.DateTime(ctx, v.LearnedAt)})
}

func side(ours bool) ui.Side {
	if ours {
		return ui.Ours
	}
	return ui.Theirs
}

func words(ctx context.Context, m *listening.Mention) string {
	if !m.DeletedAt.IsZero() {
		return i18n.T(ctx, "listening.deleted")
	}
	if m.Text == "" {
		return m.Title
	}
	return m.Text
}

// authorURL leads to whoever said it; what nobody signed leads nowhere.
func authorURL(v *mentionView) string {
	if v.Ours || strings.HasPrefix(v.Author, "channel:") || strings.HasPrefix(v.Author, "member:") {
		return ""
	}
	return "/people/of?uri=" + url.QueryEscape(v.Author)
}

// safeURL lets through addresses of pages only: what a channel says of a post is not ours.
func safeURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return s
}

func clipped(s string) string {
	if utf8.RuneCountInString(s) <= 90 {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:88])) + "…"
}

func valid(p *listening.Preview) bool {
	return !query.HasErrors(p.Problems) && !query.HasErrors(p.Excluding)
}

// noneOf says among how many posts none matched.
func noneOf(ctx context.Context, p *listening.Preview) string {
	if p.All {
		return i18n.N(ctx, "listening.no_hits_text", p.Looked)
	}
	return i18n.N(ctx, "listening.looked_some", p.Looked)
}

// lookedAt says among how many posts hits were counted.
func lookedAt(ctx context.Context, p *listening.Preview) string {
	key := "listening.looked_some"
	if p.All {
		key = "listening.looked_all"
	}
	text := i18n.N(ctx, key, p.Looked)
	if len(p.Hits) < p.Found {
		text += " " + i18n.N(ctx, "listening.shown", len(p.Hits))
	}
	return text
}

// unheard names words of the query that no post has.
func unheard(ctx context.Context, p *listening.Preview) string {
	words := make([]string, len(p.Unheard))
	for i := range p.Unheard {
		words[i] = p.Unheard[i].Text
	}
	return i18n.N(ctx, "listening.unheard", len(words), "Words", strings.Join(words, ", "))
}

func kindOptions(ctx context.Context) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "listening.any")}}
	for _, k := range []string{"complaint", "praise", "suggestion", "question", "lead", "job"} {
		out = append(out, ui.Option{Value: k, Label: i18n.T(ctx, "listening.says."+k)})
	}
	return out
}

// says are the kinds of a post that are shown.
func says(m *listening.Mention) []string {
	var out []string
	for _, k := range m.Kinds {
		if i18n.Has("listening.says." + k) {
			out = append(out, k)
		}
	}
	return out
}

// signed is who said it, or where when nobody signed.
func signed(v *mentionView) string {
	if name := author(&v.Mention); name != "" {
		return name
	}
	return v.channel
}
