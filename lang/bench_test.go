package lang_test

import (
	"testing"

	"github.com/entente/entente/lang"
)

// post is 400 characters of our own.
const post = "Bonjour @entente, j'ai commandé deux imprimantes sur votre boutique (https://boutique.example/commande/12) il y a dix jours et " +
	"je n'ai toujours rien reçu 😡 Le service après-vente ne répond ni aux courriels ni au téléphone... #déception C'est la troisième " +
	"fois que cela m'arrive avec cette société, et j'hésite à annuler ma commande. Pourriez-vous me dire où se trouve mon colis ? Merci d'avance !"

func BenchmarkWalk(b *testing.B) {
	for b.Loop() {
		lang.Walk(post, func(lang.Token) bool { return true })
	}
}

func BenchmarkStems(b *testing.B) {
	st, buf := lang.NewStemmer(), make([]byte, 0, 1024)
	for b.Loop() {
		buf = st.AppendStems(buf[:0], "fr", post)
	}
}

func BenchmarkStemsWithoutMemory(b *testing.B) {
	var st *lang.Stemmer
	for b.Loop() {
		st.Stems("fr", post)
	}
}

func BenchmarkDetect(b *testing.B) {
	for b.Loop() {
		lang.Detect(post)
	}
}
