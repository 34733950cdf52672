package query

import (
	"fmt"
	"testing"

	"github.com/entente/entente/lang"
)

const benchText = "Bonjour @entente, j'ai commandé deux imprimantes sur votre boutique (https://boutique.example/commande/12) il y a dix jours et " +
	"je n'ai toujours rien reçu 😡 Le service après-vente ne répond ni aux courriels ni au téléphone... #déception C'est la troisième " +
	"fois que cela m'arrive avec cette société, et j'hésite à annuler ma commande. Pourriez-vous me dire où se trouve mon colis ? Merci d'avance !"

func benchQueries(n int) []*Query {
	var out []*Query
	for i := range n {
		src := fmt.Sprintf(`(marque%d OR "produit numero%d" OR #campagne%d) -annonce (avis OR service OR commande)`, i, i, i)
		if i%20 == 0 {
			src = fmt.Sprintf("service colis -marque%d", i)
		}
		q, _ := Parse(src)
		out = append(out, q)
	}
	return out
}

func BenchmarkNewDoc(b *testing.B) {
	st := lang.NewStemmer()
	for b.Loop() {
		NewDoc(Doc{Lang: "fr", Text: benchText}, st)
	}
}

func BenchmarkSet200(b *testing.B) {
	set, d := NewSet(benchQueries(200)), NewDoc(Doc{Lang: "fr", Text: benchText}, nil)
	for b.Loop() {
		set.Match(d)
	}
}

func BenchmarkOneByOne200(b *testing.B) {
	queries, d := benchQueries(200), NewDoc(Doc{Lang: "fr", Text: benchText}, nil)
	for b.Loop() {
		for _, q := range queries {
			q.Match(d)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		Parse(`(entente OR "entente platform") -"entente cordiale" lang:fr since:7d`)
	}
}
