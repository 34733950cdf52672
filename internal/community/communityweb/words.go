package communityweb

import (
	"context"
	"net/url"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web/ui"
)

// naming says for screen readers what a button of a list is about.
func naming(ctx context.Context, key, name string) templ.Attributes {
	return templ.Attributes{"aria-label": i18n.T(ctx, key, "Name", name)}
}

// back is an address that leads back to another afterwards.
func back(to, from string) string {
	if from == "" || from == "/" {
		return to
	}
	return to + "?to=" + url.QueryEscape(from)
}

// joinable reports whether whoever looks can join by themselves, or ask to.
func joinable(v homeView) bool {
	return v.Sight.Standing(v.ID) == community.Awaited || v.Sight.Standing(v.ID) == "" && v.SignUp != community.Closed
}

func languageOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, l := range i18n.Languages() {
		out = append(out, ui.Option{Value: l, Label: i18n.Language(ctx, l)})
	}
	return out
}

func fontOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, f := range community.Fonts() {
		key := f
		if f == "" {
			key = "plain"
		}
		out = append(out, ui.Option{Value: f, Label: i18n.T(ctx, "community.font."+key)})
	}
	return out
}

func firstLang(v settingsView) string {
	if len(v.plan.Langs) > 0 {
		return v.plan.Langs[0]
	}
	return i18n.Languages()[0]
}

func settingsAction(v settingsView) string {
	if v.id == "" {
		return "/communities"
	}
	return "/communities/" + v.id + "/settings"
}

func spaceAction(v spacePage) string {
	if v.id == "" {
		return "/communities/" + v.ID + "/spaces"
	}
	return "/communities/" + v.ID + "/spaces/" + v.id
}

func addressHint(ctx context.Context, mails bool) string {
	if mails {
		return i18n.T(ctx, "community.address_hint")
	}
	return i18n.T(ctx, "community.address_hint_alone")
}
