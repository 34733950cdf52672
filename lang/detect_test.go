package lang_test

import (
	"os"
	"strings"
	"testing"

	"github.com/entente/entente/lang"
)

func TestDetect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ want, text string }{
		{"fr", "J'attends ma commande depuis dix jours et personne ne me répond"},
		{"fr", "bonjour, le service client est vraiment nul !!"},
		{"fr", "Merci @entente pour votre aide 🙏 https://exemple.fr/the-best-of-the-world"},
		{"en", "I have been waiting for my order for ten days and nobody answers"},
		{"en", "thank you so much, you guys are great :-)"},
		{"de", "Ich warte seit zehn Tagen auf meine Bestellung und niemand antwortet mir"},
		{"es", "Llevo diez días esperando mi pedido y nadie me contesta"},
		{"it", "Aspetto il mio ordine da dieci giorni e nessuno mi risponde"},
		{"pt", "Estou há dez dias à espera da minha encomenda e ninguém me responde"},
		{"nl", "Ik wacht al tien dagen op mijn bestelling en niemand geeft antwoord"},
		{"sv", "Jag har väntat på min beställning i tio dagar och ingen svarar"},
		{"da", "Jeg har ventet på min bestilling i ti dage, og der er ingen som svarer mig"},
		{"no", "Jeg har ventet på bestillingen min i ti dager, og ingen svarer meg"},
		{"fi", "Olen odottanut tilaustani kymmenen päivää eikä kukaan vastaa"},
		{"pl", "Czekam na moje zamówienie od dziesięciu dni i nikt nie odpowiada"},
		{"cs", "Na svou objednávku čekám už deset dní a nikdo neodpovídá"},
		{"hr", "Čekam svoju narudžbu već deset dana i nitko ne odgovara"},
		{"hu", "Tíz napja várok a rendelésemre, és senki sem válaszol"},
		{"ro", "Aștept comanda de zece zile și nimeni nu îmi răspunde"},
		{"tr", "On gündür siparişimi bekliyorum ve kimse cevap vermiyor"},
		{"bg", "Чакам поръчката си от десет дни и никой не ми отговаря"},
		{"ru", "Я жду свой заказ уже десять дней, и никто не отвечает"},
		{"uk", "Я чекаю на своє замовлення вже десять днів, і ніхто не відповідає"},
		{"sr", "Већ десет дана чекам своју поруџбину и нико не одговара"},
		{"el", "Περιμένω την παραγγελία μου δέκα μέρες και κανείς δεν απαντά"},
		{"he", "אני מחכה להזמנה שלי כבר עשרה ימים ואף אחד לא עונה"},
		{"ar", "أنتظر طلبي منذ عشرة أيام ولا أحد يجيب"},
		{"fa", "ده روز است که منتظر سفارشم هستم و کسی پاسخ نمی‌دهد"},
		{"hi", "मैं दस दिन से अपने ऑर्डर का इंतज़ार कर रहा हूँ"},
		{"zh", "我等我的订单已经十天了,没有人回答"},
		{"ja", "注文を十日間待っていますが、誰も答えません"},
		{"ko", "주문한 지 열흘이 지났는데 아무도 대답하지 않습니다"},
		{"th", "ฉันรอคำสั่งซื้อมาสิบวันแล้วไม่มีใครตอบ"},
		{"vi", "Tôi đã đợi đơn hàng của mình mười ngày mà không ai trả lời"},
		{"", ""}, {"", "🔥🔥"}, {"", "12.5 %"}, {"", "https://exemple.fr/the-whole-thing @jean"}, {"", "a"}, {"", "ok"}, {"", "\xff\xfe"},
	} {
		if got, p := lang.Detect(c.text); got != c.want || p < 0 || p > 1 || got != "" && p < 0.4 {
			t.Errorf("Detect(%q) = %q, %.2f; want %q", c.text, got, p, c.want)
		}
	}
}

func TestDetectHostile(t *testing.T) {
	t.Parallel()
	for _, s := range []string{strings.Repeat("a", 1<<20), strings.Repeat("é ", 1<<19), strings.Repeat("\xff", 1<<20), strings.Repeat("か", 1<<18), strings.Repeat("e\u0301", 1<<18)} {
		lang.Detect(s)
	}
}

// TestDetectUnseenPosts measures on short posts of another kind than the texts the weights were made from.
func TestDetectUnseenPosts(t *testing.T) {
	t.Parallel()
	for code, floor := range map[string]float64{"en": 0.93, "fr": 0.93, "de": 0.87, "es": 0.9, "it": 0.9, "pt": 0.9, "ar": 0.95} {
		b, err := os.ReadFile("../../shared/data/language/sentiment.umsab." + code + ".val.tsv")
		if err != nil {
			t.Skip("no data to measure with")
		}
		right, n, unknown := 0, 0, 0
		for line := range strings.Lines(string(b)) {
			p := strings.SplitN(strings.TrimSpace(line), "\t", 3)
			if len(p) != 3 {
				continue
			}
			n++
			switch got, _ := lang.Detect(p[2]); got {
			case code:
				right++
			case "":
				unknown++
			}
		}
		got := float64(right) / float64(n)
		t.Logf("%s: %.3f right, %.3f unknown of %d posts", code, got, float64(unknown)/float64(n), n)
		if got < floor {
			t.Errorf("%s: %.3f right, the floor is %.2f", code, got, floor)
		}
	}
}
