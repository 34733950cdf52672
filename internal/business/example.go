package business

import (
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/ledger"
)

// Example is a table of two lines of a kind as it can be imported: with French headings, dates and figures, or with English ones.
func Example(k *FactKind, lang string, now time.Time) string {
	french := lang == "fr"
	comma, either := ",", func(fr, en string) string { return en }
	if french {
		comma, either = ";", func(fr, en string) string { return fr }
	}
	var head []string
	var lines [2][]string
	add := func(fr, en string, cells ...string) {
		head = append(head, either(fr, en))
		for i := range lines {
			lines[i] = append(lines[i], cells[i%len(cells)])
		}
	}
	past := now.AddDate(0, -2, 1-now.Day())
	days := []string{past.Format(time.DateOnly), past.AddDate(0, 1, 3).Format(time.DateOnly)}
	if french {
		days = []string{past.Format("02/01/2006"), past.AddDate(0, 1, 3).Format("02/01/2006")}
	}
	add("Référence", "Reference", "A-"+strconv.Itoa(past.Year())+"-1", "A-"+strconv.Itoa(past.Year())+"-2")
	if k.Period == ledger.Never || k.ID == Contact {
		add("Date", "Date", days...)
	} else {
		add("Période", "Period", past.Format("2006-01"), past.AddDate(0, 1, 0).Format("2006-01"))
	}
	number := func(s string) string {
		if french {
			return strings.Replace(s, ".", ",", 1)
		}
		return s
	}
	switch k.Unit {
	case ledger.UnitHours:
		add("Heures", "Hours", "1:30", number("7.5"))
	case ledger.UnitVisits:
		add("Nombre", "Count", "1250", "1410")
	case ledger.UnitPoints:
		add("Note", "Score", "4", "5")
	case ledger.UnitValue:
		add("Valeur", "Value", "43 %", number("0.65"))
	case ledger.UnitTimes:
		add("Nombre", "Number", "1", "1")
	case ledger.UnitContacts:
		add("Nombre", "Number", "1", "12")
	default:
		if k.ID == Purchase || k.ID == Proposal {
			add("Volume", "Volume", "120", "40")
		}
	}
	switch {
	case k.ID == Proposal:
		add("Prix proposé", "Proposed price", number("12.50"), number("8.00"))
	case k.Before:
		add("Ancien prix", "Old price", number("12.50"), number("8.00"))
	}
	if k.Amount != ledger.Never {
		name := [2]string{"Montant", "Amount"}
		if k.ID == Purchase || k.ID == Proposal {
			name = [2]string{"Prix unitaire", "Unit price"}
		}
		add(name[0], name[1], number("1234.50"), number("980.00"))
		add("Devise", "Currency", "EUR")
	}
	if k.Status != ledger.Never {
		add("Statut", "Status", k.Statuses[0], k.Statuses[len(k.Statuses)-1])
	}
	switch {
	case k.ID == Survey:
		add("Question", "Question", "support", "answer-found")
	case k.Labels != nil:
		names := map[string][2]string{Cost: {"Catégorie", "Category"}, Rating: {"Échelle", "Scale"}, Visit: {"Indicateur", "Metric"}, Benefit: {"Niveau de preuve", "Evidence grade"},
			Outcome: {"Objet", "What"}, Act: {"Pilier", "Pillar"}}
		add(names[k.ID][0], names[k.ID][1], k.Labels[0])
	}
	fields := map[string][3]string{"team": {"Équipe", "Team", "Service"}, "source": {"Provenance", "Source", "forum"}, "channel": {"Canal", "Channel", "web"},
		"partner": {"Partenaire", "Partner", "Exemple Conseil"}, "community": {"Communauté", "Community", "forum"}, "organisation": {"Organisation", "Organisation", "Exemple SA"}}
	n := 0
	if k.ID == Touch || k.ID == Comparison {
		add("Personne", "Person", "lea@exemple.fr", "paul@exemple.fr")
		n++
	}
	for _, f := range k.Fields {
		if names, ok := fields[f]; ok && n < 2 {
			add(names[0], names[1], names[2])
			n++
		}
	}
	var out strings.Builder
	for _, cells := range [][]string{head, lines[0], lines[1]} {
		out.WriteString(strings.Join(cells, comma) + "\r\n")
	}
	return out.String()
}
