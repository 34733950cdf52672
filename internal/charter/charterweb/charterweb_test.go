package charterweb_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

func TestPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := open(t, d)
		ada, vic := x.visitor("ada@velo.example"), x.visitor("vic@velo.example")
		ada.get("/charter").shows(t, 200, "There is no charter yet", "Begin a new version")
		vic.post("/charter/versions").shows(t, 403)
		draft := ada.post("/charter/versions")
		draft.shows(t, 200, "I say who I am", "Put in force")
		vic.get(draft.path).shows(t, 404)
		ada.post(draft.path+"/rules", "sentence_en", "Be kind.", "binding", "yes").shows(t, 200, "Be kind.")
		ada.post(draft.path+"/publish", "from", "2026-11-20", "anew", "on").shows(t, 422, "is missing in one language (fr)")
		rule := regexp.MustCompile(`rules/(r-[a-z0-9]+)"`).FindStringSubmatch(ada.get(draft.path).text)
		if rule == nil {
			t.Fatal("the new rule has no page")
		}
		seen := func(path string) string {
			return regexp.MustCompile(`name="seen" value="([0-9a-f]+)"`).FindStringSubmatch(ada.get(path).text)[1]
		}
		old := seen(draft.path + "/rules/" + rule[1])
		ada.post(draft.path+"/rules", "rule", rule[1], "seen", old, "sentence_en", "Be kind.", "sentence_fr", strings.Repeat("x", 400)).shows(t, 422, "under 300 characters")
		ada.post(draft.path+"/rules", "rule", rule[1], "seen", old, "sentence_en", "Be kind.", "sentence_fr", "Sois aimable.", "good_en", "Hello\nThank you", "binding", "yes").shows(t, 200, "Thank you")
		both := ada.post(draft.path+"/rules", "rule", rule[1], "seen", old, "sentence_en", "Be very kind.", "sentence_fr", "Sois aimable.")
		both.shows(t, 422, "Nothing was overwritten", "What it says now", "Hello", "Thank you", "Binding", "Be very kind.")
		ada.post(draft.path+"/rules", "rule", rule[1], "sentence_en", "Unseen.").shows(t, 422, "Nothing was overwritten")
		ada.post(draft.path+"/rules/"+rule[1]+"/move", "to", "up").shows(t, 200)
		words := seen(draft.path + "/words")
		ada.post(draft.path+"/words", "seen", words, "title_en", "Our charter", "title_fr", "Notre charte", "note", "First").shows(t, 200, "Our charter")
		ada.post(draft.path+"/words", "seen", words, "title_en", "My charter", "title_fr", "Notre charte", "note", "First").shows(t, 422, "Nothing was overwritten", "Our charter", "My charter")
		ada.post(draft.path+"/publish", "from", "2026-11-20", "seen", old).shows(t, 422, "Nothing was overwritten")
		ada.post(draft.path+"/publish", "from", "someday").shows(t, 422, "not a day")
		ada.post(draft.path+"/publish", "from", "2026-11-20").shows(t, 200, "In force")
		ada.get(draft.path+"/words").shows(t, 409)

		vic.get("/charter").shows(t, 200, "Please read this and agree to it", "Our charter")
		version := draft.path[strings.LastIndex(draft.path, "/")+1:]
		ada.get("/charter/members").shows(t, 200, "2 members speak without having agreed", "vic%40velo.example")
		vic.post("/charter/acknowledge", "version", "another").shows(t, 200, "has changed meanwhile")
		vic.post("/charter/acknowledge", "version", version).shows(t, 200, "You have agreed to this charter")
		ada.get("/charter/members").shows(t, 200, "1 member speaks without having agreed", "Agreed on")

		next := ada.post("/charter/versions")
		ada.post(next.path+"/rules/"+rule[1]+"/remove").shows(t, 200)
		ada.get(next.path+"/changes").shows(t, 200, "From version 1 to version 2", "<del>Be kind.</del>")
		ada.post(next.path+"/discard").shows(t, 200)
		ada.get(next.path).shows(t, 404)

		coming := ada.post("/charter/versions")
		ada.post(coming.path+"/publish", "from", "2027-01-10").shows(t, 200, "Coming")
		newer := ada.post("/charter/versions")
		ada.post(newer.path+"/publish", "from", "2026-12-01").shows(t, 422, "Version 2 comes into force later")
		ada.get(coming.path).shows(t, 200, "Withdraw this version")
		if strings.Contains(vic.get(coming.path).text, "Withdraw this version") {
			t.Error("a volunteer is offered to withdraw a version")
		}
		ada.post(coming.path+"/discard").shows(t, 200, "It is gone")
		ada.post(newer.path+"/publish", "from", "2026-12-01").shows(t, 200, "Coming")
	})
}
