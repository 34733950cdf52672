package strategyweb_test

import (
	"strings"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

// What the rules say stands on the page of an objective and below the map; who may edit can keep an objective all the same, with a reason.
func TestSmart(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := open(t, d)
		ada, vic := x.visitor("ada@velo.example"), x.visitor("vic@velo.example")
		ada.says(ada.post("/strategy/maps", "template", "social", "kind", "organisation", "name_en", "Group"), 200, "Does the map hold together?", "have no owner", "have no approved initiative")
		m, err := x.s.Map(x.ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		page := "/strategy/objectives/" + m.Objectives[0].ID
		ada.says(ada.get(page), 200, "Is it SMART?", "Nobody owns it.", "No measure: nobody will know", "Keep it all the same", `name="letter" value="M"`)
		ada.says(ada.post(page+"/overrides", "letter", "M", "reason", " "), 200, "Say why, so that others can judge.")
		ada.says(ada.post(page+"/overrides", "letter", "M", "reason", "A promise"), 200, "Kept all the same by Ada Morel", "A promise", "Take that back")
		if got := vic.post(page+"/overrides", "letter", "M", "reason", "x"); got.status != 403 {
			t.Errorf("a volunteer judged otherwise: %d", got.status)
		}
		ada.says(ada.post(page+"/overrides/m/remove"), 200, "No measure: nobody will know")
		if got := ada.post(page + "/overrides/m/remove"); got.status != 404 {
			t.Errorf("taken back twice: %d", got.status)
		}
		seen := vic.get(page)
		vic.says(seen, 200, "Is it SMART?")
		if strings.Contains(seen.text, "Keep it all the same") {
			t.Error("a volunteer is offered to judge otherwise")
		}
	})
}
