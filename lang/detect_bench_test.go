package lang_test

import (
	"testing"

	"github.com/entente/entente/lang"
)

// BenchmarkDetectPosts takes posts of 93 bytes on average, the length of the firehose's.
func BenchmarkDetectPosts(b *testing.B) {
	posts := []string{
		"@entente bonjour, toujours aucune nouvelle de mon colis, pouvez-vous m'aider svp ? https://ex.ample/x1",
		"just got the new update and my watch still refuses to sync with the phone, is anybody else stuck",
		"Danke für die schnelle Antwort, jetzt funktioniert alles wieder wunderbar 👍 #service",
		"¿Alguien sabe cuándo vuelve a abrir la tienda del centro? Llevo toda la semana esperando",
		"Quelqu'un a déjà essayé l'abonnement annuel ? J'hésite encore à cause du prix...",
		"Non capisco perché l'app si chiude da sola ogni volta che provo a entrare nel mio profilo",
		"Я жду ответа уже неделю, никто не пишет",
	}
	n := 0
	for _, p := range posts {
		n += len(p)
	}
	b.ReportMetric(float64(n)/float64(len(posts)), "bytes/post")
	i := 0
	for b.Loop() {
		lang.Detect(posts[i%len(posts)])
		i++
	}
}
