package orgweb

import (
	"encoding/json"
	"testing"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
)

// TestTell holds that entries read as sentences, in both languages, whatever their details hold.
func TestTell(t *testing.T) {
	t.Parallel()
	const some, topic, person = "1m80crc0a1kpjcpssfee", "1m80bmtm9rwr78jw3hv5", "1m80bmxbe93wa51dapb7"
	p := auditPage{Names: map[string]string{some: "Léo"}}
	for _, c := range []struct{ lang, action, object, details, what, more, name, href string }{
		{"en", "member.role", "member:" + some, `{"from":"volunteer","to":"social"}`, "Changed the role from Volunteer to Social team", "", "Léo", "/members"},
		{"fr", "member.role", "member:" + some, `{"from":"volunteer","to":"social"}`, "A changé le rôle de Volontaire à Équipe sociale", "", "Léo", "/members"},
		{"en", "member.role", "member:" + some, `{"from":"volunteer"}`, "Changed a role", "from: Volunteer", "Léo", "/members"},
		{"en", "member.profile", "member:" + some, `{"name":"Léo","lang":"fr","zone":"UTC","theme":""}`, "Changed the profile", "language: French · name: Léo · time zone: UTC", "Léo", "/members"},
		{"en", "conversation.assign", "conversation:" + person, `{"to":"` + some + `"}`, "Assigned a conversation to Léo", "", "a conversation", "/inbox/" + person},
		{"en", "conversation.resend", "conversation:" + person, `{"sending":"` + topic + `"}`, "Sent a reply again", "", "a conversation", "/inbox/" + person},
		{"en", "topic.added", topic, `{"Name":"Brakes","Query":"brake*","Exclude":"","Colour":4,"Inbox":true}`, "Added the topic “Brakes”: brake*", "into the inbox: yes", "Brakes", "/topics/" + topic},
		{"fr", "strategy.map_added", "map:" + person, `{"name":{"en":"Heard","fr":"Écouter"},"objectives":12}`, "A ajouté la carte «\u00a0Écouter\u00a0» avec 12 objectifs", "", "Écouter", "/strategy"},
		{"en", "channel.add", "channel:" + some, `{"kind":"mail","name":"Support","settings":{"address":"a@b.example"}}`, "Connected the channel “Support”", "kind: mail · settings: address a@b.example", "Support", "/channels/" + some},
		{"en", "token.make", "token:" + some, `{"name":"nightly","scopes":["inbox:read"],"expires_at":"2026-05-04T12:00:00Z"}`, "Made the token “nightly”", "until: 4\u00a0May 2026, 12:00 · may: Read conversations", "nightly", ""},
		{"en", "person.merged", person, `{}`, "Merged two people", "", "a person", "/people/" + person},
		{"en", "post.label", "post:" + person, `{"label":"sentiment","value":"negative"}`, "Labelled a post", "what: feeling · as: negative", "a post", "/posts/" + person},
		{"fr", "post.label", "post:" + person, `{"label":"kinds","value":"praise,lead","model":"none","sample":"` + topic + `","version":"classify.1/2"}`, "A étiqueté un message", "quoi\u00a0: genres · le modèle disait\u00a0: rien de cela · comme\u00a0: éloge, intention d’achat", "un message", "/posts/" + person},
		{"fr", "post.label", "post:" + person, `{"label":"language","value":"de","model":"?"}`, "A étiqueté un message", "quoi\u00a0: langue · le modèle disait\u00a0: indécis · comme\u00a0: allemand", "un message", "/posts/" + person},
		{"fr", "model.thresholds", "organisation:" + some, `{"sentiment":0.9,"kinds":{"lead":0.95}}`, "A changé la certitude exigée du modèle", "genres\u00a0: intention d’achat 0,95 · sentiment\u00a0: 0,90", "l’organisation", "/organisation"},
		{"en", "strange.deed", "thing:9", `{"deep":{"a":[1,{"b":true}]},"n":null}`, "strange.deed", "deep: a 1, b yes", "thing:9", ""},
		{"en", "member.sign_in", "", `[1,2]`, "Signed in", "", "", ""},
		{"en", "member.sign_in", "member:../../x", `not JSON`, "Signed in", "", "a member", "/members"},
	} {
		got := p.tell(i18n.With(t.Context(), c.lang, nil), org.Entry{Action: c.action, Object: c.object, Details: json.RawMessage(c.details)})
		if want := (told{c.what, c.more, c.name, c.href}); got != want {
			t.Errorf("%s in %s:\ngot  %q\nwant %q", c.action, c.lang, got, want)
		}
	}
}

func FuzzTell(f *testing.F) {
	f.Add("topic.added", "topic:1", `{"name":"x","query":[null,{"":""}]}`)
	f.Add("member.role", "member:", `{"from":{"en":"a"},"to":1e308}`)
	f.Fuzz(func(t *testing.T, action, object, details string) {
		p := auditPage{Names: map[string]string{}}
		p.tell(i18n.With(t.Context(), "fr", nil), org.Entry{Action: action, Object: object, Details: json.RawMessage(details)})
	})
}
