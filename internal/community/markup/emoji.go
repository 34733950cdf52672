package markup

// emojis are the names that become a sign, in the words of English and French keyboards.
var emojis = map[string]string{
	"smile": "😄", "grin": "😁", "joy": "😂", "wink": "😉", "blush": "😊", "heart_eyes": "😍", "thinking": "🤔", "neutral_face": "😐",
	"sob": "😭", "cry": "😢", "angry": "😠", "scream": "😱", "sweat_smile": "😅", "slightly_smiling_face": "🙂", "upside_down_face": "🙃",
	"sunglasses": "😎", "hugs": "🤗", "sleeping": "😴", "confused": "😕", "worried": "😟", "disappointed": "😞", "open_mouth": "😮",
	"rofl": "🤣", "partying_face": "🥳", "pray": "🙏", "clap": "👏", "wave": "👋", "ok_hand": "👌", "muscle": "💪", "point_up": "☝️",
	"point_right": "👉", "point_left": "👈", "point_down": "👇", "+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "raised_hands": "🙌",
	"handshake": "🤝", "eyes": "👀", "heart": "❤️", "broken_heart": "💔", "blue_heart": "💙", "green_heart": "💚", "fire": "🔥", "tada": "🎉",
	"rocket": "🚀", "star": "⭐", "sparkles": "✨", "zap": "⚡", "boom": "💥", "bulb": "💡", "warning": "⚠️", "x": "❌", "white_check_mark": "✅",
	"heavy_check_mark": "✔️", "question": "❓", "exclamation": "❗", "100": "💯", "bug": "🐛", "gift": "🎁", "trophy": "🏆", "lock": "🔒", "unlock": "🔓",
	"key": "🔑", "bell": "🔔", "email": "📧", "phone": "📞", "calendar": "📅", "memo": "📝", "book": "📖", "books": "📚", "link": "🔗", "pushpin": "📌",
	"mag": "🔍", "wrench": "🔧", "hammer": "🔨", "gear": "⚙️", "package": "📦", "truck": "🚚", "bike": "🚲", "bicyclist": "🚴", "car": "🚗",
	"bus": "🚌", "train": "🚆", "airplane": "✈️", "ship": "🚢", "house": "🏠", "office": "🏢", "earth_africa": "🌍", "sunny": "☀️", "cloud": "☁️",
	"umbrella": "☔", "snowflake": "❄️", "rainbow": "🌈", "ocean": "🌊", "sunflower": "🌻", "rose": "🌹", "tulip": "🌷", "four_leaf_clover": "🍀",
	"seedling": "🌱", "evergreen_tree": "🌲", "coffee": "☕", "tea": "🍵", "beer": "🍺", "wine_glass": "🍷", "champagne": "🍾", "cake": "🍰",
	"pizza": "🍕", "bread": "🍞", "cheese": "🧀", "croissant": "🥐", "apple": "🍎", "cherries": "🍒", "strawberry": "🍓", "dog": "🐶", "cat": "🐱",
	"snail": "🐌", "turtle": "🐢", "rooster": "🐓", "bee": "🐝", "hourglass": "⌛", "alarm_clock": "⏰", "moneybag": "💰", "euro": "💶",
	"chart": "💹", "speech_balloon": "💬", "information_source": "ℹ️", "arrow_right": "➡️", "arrow_left": "⬅️", "recycle": "♻️", "fr": "🇫🇷", "gb": "🇬🇧",
	"sourire": "😄", "clin_oeil": "😉", "coeur": "❤️", "merci": "🙏", "bravo": "👏", "pouce": "👍", "idee": "💡", "attention": "⚠️", "velo": "🚲", "fete": "🎉",
}
