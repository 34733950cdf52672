package kpi

import (
	"net/url"
	"strings"

	"github.com/entente/entente/internal/db"
)

// posts is the rows of post p that a filter lets through: said by others, not by a machine.
func (a Ask) posts(w *db.Where) *db.Where {
	w.And("p.ours = 0").And("p.automatic = ''")
	if a.Filter.Channel != "" {
		w.And("p.channel = ?", a.Filter.Channel)
	}
	if a.Filter.Language != "" {
		w.And("EXISTS (SELECT 1 FROM enrichment e WHERE e.post = p.id AND e.lang = ?)", a.Filter.Language)
	}
	if a.Filter.Kind != "" {
		w.And("EXISTS (SELECT 1 FROM enrichment e WHERE e.post = p.id AND "+ofKind+")", a.Filter.Kind)
	}
	return a.attached(w, "p.author", "p.root")
}

// attached narrows to what people of a partner said, whose organisation is that, and to threads in which a link carries the name of a campaign
// (utm_campaign).
func (a Ask) attached(w *db.Where, author, root string) *db.Where {
	if a.Filter.Partner != "" {
		w.And("EXISTS (SELECT 1 FROM identity n JOIN person o ON o.id = n.person WHERE n.uri = "+author+" AND o.organisation = ?)", a.Filter.Partner)
	}
	if a.Filter.Campaign != "" {
		var is []string
		for _, name := range []string{a.Filter.Campaign, url.QueryEscape(a.Filter.Campaign), url.PathEscape(a.Filter.Campaign)} {
			name = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(name))
			for _, end := range []string{"&", "#", " ", "\n", "\r", ")", "]", "<", `"`, "'"} { // where a link, or the value in it, may end
				is = append(is, "LOWER(t.text) || ' ' LIKE "+w.Arg(`%utm\_campaign=`+name+end+"%")+` ESCAPE '\'`)
			}
		}
		w.And("EXISTS (SELECT 1 FROM post t WHERE " + root + " = t.root AND (" + strings.Join(is, " OR ") + "))")
	}
	return w
}

// ofPosts is what posts can be narrowed by.
func ofPosts() []Dimension {
	return []Dimension{ByChannel, ByTopic, ByLanguage, ByKind, ByCommunity, ByPartner, ByCampaign}
}

// ofKind is whether enrichment e says that a post is of a kind: what a person or a model said, by commas.
const ofKind = "',' || e.kinds || ',' LIKE '%,' || CAST(? AS TEXT) || ',%'"

// said is the posts said between the cuts.
func (a Ask) said(part string) Source {
	w := &db.Where{}
	s := Source{Table: "post p", ID: "p.id", At: "p.at", Part: "'" + part + "'", Where: w}
	if a.Filter.Topic != "" {
		s.Table, s.At = "mention m JOIN post p ON p.id = m.post", "m.at"
		w.And("m.topic = ?", a.Filter.Topic)
	}
	a.posts(a.between(w, s.At))
	return s
}
