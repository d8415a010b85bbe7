"""What programs write above the mail that they quote, in the languages of mail."""

import re

# The labels of the block that Outlook and others put above what they quote.
LABELS = {
    "from": (
        "from|von|de|expéditeur|remitente|da|mittente|van|från|fra|avsändare|afsender"
        "|od|nadawca|odesílatel|odosielateľ|lähettäjä|feladó|de la|expeditor|kimden"
        "|gönderen|от|от кого|отправитель|від|від кого|αποστολέας|από|מאת|发件人"
        "|寄件者|寄件人|差出人|送信者|보낸 사람|보낸사람|saatja|nuo|من|šalje|từ|จาก"
        "|dari|no|frá|người gửi|از|प्रेषक|nork"
    ),
    "sent": (
        "sent|gesendet|gesendet am|gesendet um|envoyé|envoyé le|envoyée|enviado"
        "|enviado el|enviado em|enviada|enviada em|inviato|inviata|verzonden"
        "|verzonden op|verstuurd|skickat|skickades|sendt|wysłano|odesláno|odoslané"
        "|lähetetty|elküldve|küldve|trimis|gönderildi|отправлено|надіслано|στάλθηκε"
        "|נשלח|发送时间|發送時間|寄件日期|傳送時間|送信日時|보낸 날짜|보낸날짜"
        "|poslano|послато|изпратено|saadetud|išsiųsta|enviat|enviat el|تم الإرسال"
        "|تاريخ الإرسال|đã gửi|ngày gửi|ส่ง|ส่งเมื่อ|ส่งแล้ว|dikirim|nosūtīts|poslato"
        "|ارسال شده|भेजा गया|bidaltze-data"
    ),
    "date": (
        "date|datum|fecha|data|dato|päivä|päiväys|päivämäärä|dátum|tarih|дата"
        "|дата и время|ημερομηνία|תאריך|日期|时间|時間|日付|日時|날짜|ngày|วันที่|التاريخ"
        "|تاریخ|दिनांक|तारीख|kuupäev|datums|dagsetning|tanggal"
    ),
    "to": (
        "to|an|à|a|pour|para|destinataires?|destinatarios?|aan|till|til|do|komu|pre|pro"
        "|vastaanottaja|címzett|către|kime|alıcı|кому|προς|אל|收件人|收件者|宛先"
        "|받는 사람|받는사람|prima|za|до|adressaat|kam|per a|إلى|đến|tới|ถึง|kepada"
        "|người nhận|به|प्रति|nori"
    ),
    "cc": (
        "cc|kopie|kopie an|copie|copie à|copia|kopia|kopi|dw|kopio|bilgi|копия|抄送"
        "|副本"
    ),
    "subject": (
        "subject|betreff|objet|sujet|asunto|oggetto|onderwerp|assunto|ämne|emne|temat"
        "|předmět|predmet|aihe|tárgy|subiect|konu|тема|θέμα|נושא|主题|主題|主旨|件名"
        "|제목|zadeva|относно|teema|tema|الموضوع|chủ đề|tiêu đề|เรื่อง|subjek|perihal"
        "|tēma|ชื่อเรื่อง|หัวเรื่อง|موضوع|विषय|efni|gaia"
    ),
    "other": (
        "reply-to|antwort an|répondre à|responder a|importance|wichtigkeit|importancia"
        "|priorität|priority|attachments?|anlagen?|pièces? jointes?|datos adjuntos"
        "|organi[sz]ation"
    ),
}
_LABEL = "|".join(f"(?P<{kind}>{words})" for kind, words in LABELS.items())
# Outlook writes direction marks around Hebrew and Arabic labels.
MARKS = r"\u200e\u200f\u202a-\u202e\u2066-\u2069"
LABEL = re.compile(
    rf"[*_\s{MARKS}]*(?:{_LABEL})[{MARKS}]{{0,3}}\s?[*_]*\s?[{MARKS}]{{0,3}}[:：]",
    re.IGNORECASE,
)
# the same in one line, as a program leaves it that takes the line ends away
IN_ONE_LINE = re.compile(
    rf"[*_]*(?:{LABELS['from']})\s?\*?\s?[:：].{{1,300}}?"
    rf"\s\*?(?:{LABELS['sent']}|{LABELS['date']})\s?\*?\s?[:：].{{1,300}}?"
    rf"\s\*?(?:{LABELS['to']}|{LABELS['subject']})\s?\*?\s?[:：]",
    re.IGNORECASE,
)

# "-----Original Message-----" and its like
ORIGINAL_WORDS = (
    r"original[- ]?(?:message|nachricht|mail|e-?mail)|reply message"
    r"|urspr(?:ü|ue)ngliche[- ]?(?:nachricht|mail|e-?mail)"
    r"|(?:message|courriel|e-?mail|mail) (?:d['’ ]?origine|original|initial)"
    r"|(?:mensaje|correo|e-?mail) original|messaggio (?:originale|originario)"
    r"|mensagem original|oorspronkelijk(?:e)? (?:bericht|e-?mail)"
    r"|ursprungligt meddelande|originalmeddelande|oprindelig meddelelse"
    r"|opprinnelig melding|wiadomość oryginalna|oryginalna wiadomość|původní zpráva"
    r"|pôvodná správa|alkuperäinen viesti|eredeti üzenet|mesaj(?:ul)? original"
    r"|(?:özgün|orijinal) (?:ileti|mesaj)|исходное сообщение|пересылаемое сообщение"
    r"|вихідне повідомлення|αρχικό μήνυμα|הודעה מקורית|原始邮件|邮件原件|原始郵件"
    r"|元のメッセージ|원본 메[시세]지|(?:початкове|оригінальне) повідомлення"
    r"|(?:tin nhắn|thư) (?:gốc|ban đầu)|ข้อความ(?:ต้นฉบับ|เดิม)|رسالة أصلية|الرسالة الأصلية"
    r"|پیام اصلی|मूल संदेश|(?:izvorna|originalna) poruka|izvirno sporočilo"
    r"|оригинално съобщение|(?:оригинална|изворна) порука|originalus laiškas"
    r"|pirminis (?:laiškas|pranešimas)|algne (?:kiri|sõnum)"
    r"|(?:sākotnējais|oriģinālais) ziņojums|pesan asli|mesej asal|missatge original"
    r"|mensaxe orixinal|jatorrizko mezua|upprunaleg skilaboð"
)
FORWARDED_WORDS = (
    r"(?:begin(?:ning)? (?:of )?)?forwarded (?:message|mail|e-?mail)"
    r"|(?:anfang der )?weitergeleitete[nr]? (?:nachricht|mail|e-?mail)"
    r"|(?:début du )?(?:message|courriel|e-?mail|mail) (?:transféré|réexpédié|transmis)"
    r"|(?:inicio del )?(?:mensaje|correo) (?:reenviado|re-enviado)"
    r"|(?:inizio )?messaggio inoltrato|mensagem (?:encaminhada|reencaminhada)"
    r"|(?:begin )?doorgestuurd bericht|vidarebefordrat (?:meddelande|brev|mejl)"
    r"|(?:start på )?videresendt (?:meddelelse|melding|besked|e-?post)"
    r"|przekazana wiadomość|wiadomość przekazana|początek przekazywanej wiadomości"
    r"|přeposlaná zpráva|začátek přeposílané zprávy|začiatok preposlanej správy"
    r"|далее переадресовано|начало переадресованного (?:письма|сообщения)"
    r"|початок листа, що пересилається|započni proslijeđenu poruku"
    r"|välitetty viesti(?: alkaa)?|(?:a )?továbbított (?:üzenet|levél kezdete)"
    r"|(?:începe )?mesajul? redirecționat|iletilmiş mesajın başlangıcı|ileti başlangıcı"
    r"|início da mensagem (?:encaminhada|reencaminhada|reenviada)"
    r"|iletilen (?:ileti|mesaj)"
    r"|пересланное сообщение|转发的邮件|轉寄的郵件|転送されたメッセージ|전달된 메시지"
)
# "Forwarded message from Anna", Notes: "Forwarded by Anna on 27.11.2026"
FORWARDED_BY = r" (?:from|by|von|de|da|di|van|od) [^\n]{1,200}?"
_RULE = r"[-_=*—–~\s]{2,100}"
ORIGINAL = re.compile(rf"{_RULE}(?:{ORIGINAL_WORDS})\s?:?{_RULE}$", re.IGNORECASE)
# without dashes it is one only above a block of labels
ORIGINAL_ALONE = re.compile(
    rf"[-_=*—–\s]{{0,100}}(?:{ORIGINAL_WORDS})\s?:?[-_=*—–\s]{{0,100}}$", re.IGNORECASE
)
FORWARDED = re.compile(
    rf"{_RULE}(?:{FORWARDED_WORDS})(?:{FORWARDED_BY})?\s?:?{_RULE}$"
    rf"|{_RULE}(?:forwarded|weitergeleitet){FORWARDED_BY}{_RULE}$"
    rf"|(?:{FORWARDED_WORDS})\s?:$"
    # Yahoo: the head goes on in the same line
    rf"|{_RULE}(?:{FORWARDED_WORDS}){_RULE}(?:{LABELS['from']})\s?[:：]",
    re.IGNORECASE,
)
RULE = re.compile(r"[-_=*—–]{5,}$")
SIGNATURE = re.compile(r"--\s?$")

# "On … wrote:"
_WROTE = (
    r"wrote|writes|schrieb|schreibt|geschrieben|a écrit|écrivait|escribió|escribio"
    r"|ha scritto|scrisse|schreef|escreveu|skrev|skriver|napisał\(?a?\)?|pisze"
    r"|napsal\(?a?\)?|napísal\(?a?\)?|kirjoitti|írta|a scris|şunu yazdı|yazdı"
    r"|написал\(?а?\)?"
    r"|вы писали|пишет|пише|написав|написала?|έγραψε|כתב|כתבה"
    r"|đã viết|menulis|je napisala?|napisala?|je napisao(?:/la)?|napisao je"
    r"|је написао(?:/ла)?|va escriure|kirjutas|rašė|rakstīja|skrifaði|написа|نوشت"
    r"|wrote the following"
)
_WROTE_EAST = "写道|寫道|写了|님이 작성|작성|เขียน"  # these scripts have no blanks
WROTE = re.compile(
    rf"(?:(?<!\w)(?:{_WROTE})(?!\w)|{_WROTE_EAST}).{{0,100}}?[:：]\s?[-—–]*$",
    re.IGNORECASE,
)
# The writer's own words in the same line: "It works. On … wrote:"
OWN_WORDS = re.compile(
    r".{0,300}?[.!?)]\s+[-–—]?\s*(?=(?:am|on|le|el|il|op|em|den|dne|w dniu|dnia)\s"
    r"(?:[^\W\d]+[.,]{0,2}\s+){0,3}\d)",
    re.IGNORECASE,
)
# iNotes: "-----Anna Huber wrote: -----", Zoho: "---- On … wrote ----"
BETWEEN_RULES = re.compile(
    rf"-{{3,30}}(?!-).{{1,250}}\b(?:{_WROTE})\s?:?\s?-{{3,}}$", re.IGNORECASE
)
BETWEEN_ARROWS = re.compile(r">>>[^>\n].{5,200}\d.{0,20}>>>$")
CLOCK = re.compile(r"\d{1,2}:\d\d|\d\s?(?:uhr|h|[ap]\.?m)\b", re.IGNORECASE)
TIME = re.compile(r"\d{1,2}\s?[:.h]\s?\d\d|\d\s?(?:uhr|[ap]\.?m\b)", re.IGNORECASE)
DATE = re.compile(
    r"\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2}|\d{4}[-./年]|\d{1,2}(?:\.|\s|,|er|st|nd|rd|th)"
)
# a whole date: 27.11.26, 2026-11-27, 27 Nov 2026, Nov 27, 2026
WHOLE_DATE = re.compile(
    r"\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2}|\d{4}[-./年]\s?\d{1,2}"
    r"|\d{1,2}\.?,?\s(?:de\s)?[^\s\d]{1,14}\s(?:de\s|\d{1,2},?\s)?\d{4}"
    r"|[^\s\d]{3,14}\s\d{1,2},\s\d{4}"
)
ADDRESS = re.compile(r"[^\s<>()]{1,64}@[^\s<>()]{1,250}")

# What says that answers stand within the quotation: "see my comments below, in red".
_WHERE = (
    r"unten|darunter|inline|in-line|im text|dazwischen|weiter unten|below|beneath"
    r"|interspersed|embedded|within|ci-dessous|ci-après|plus bas|dans le texte"
    r"|dans le corps|abajo|debajo|a continuación|entre líneas|en el texto"
    r"|(?:in|en|auf) (?:rot|blau|grün|farbe|fett|kursiv|red|blue|green|bold|italics?"
    r"|capitals|colou?r|rouge|bleu|vert|gras|couleur|rojo|azul|verde|negrita|color)"
    r"|(?:rot|blau|grün|fett) (?:markiert|geschrieben|eingefügt)"
)
_ANSWERS = (
    r"antwort(?:en|e)?|kommentare?|anmerkung(?:en)?|rückmeldung(?:en)?|siehe"
    r"|ergänzung(?:en)?|answers?|answered|comments?|commented|repl(?:y|ies|ied)"
    r"|responses?|responded|remarks?|notes?|see|réponses?|réponds?|répondu"
    r"|commentaires?|remarques?|voir|cf|respuestas?|respondo|contesto|comentarios?"
    r"|ver|véase|vea"
)
INLINE = re.compile(
    rf"\b(?:{_ANSWERS})\b.{{0,60}}\b(?:{_WHERE})\b|\bs\.\s?u\.(?:\s|$)|\binline\b"
    rf"|\b(?:{_WHERE})\b.{{0,40}}\b(?:{_ANSWERS})\b",
    re.IGNORECASE,
)
