"""Forwards as Outlook, Gmail, Apple Mail and Thunderbird write them; texts invented."""

NOTE = "NOTE"
TEXT = "ORIGINAL"


def outlook(labels, date):
    """Return a forward as Outlook writes it in html."""
    sender, sent, to, subject = labels
    return (
        f"<p>{NOTE}</p><div><div style='border-top:solid #E1E1E1 1.0pt'>"
        f"<p class='MsoNormal'><b>{sender}</b> Anna Huber "
        f"&lt;anna@huber.example&gt;<br>"
        f"<b>{sent}</b> {date}<br><b>{to}</b> Lena &lt;lena@demo.example&gt;<br>"
        f"<b>{subject}</b> Drucker</p></div></div><p>{TEXT}</p>"
    )


def outlook_plain(announcement, labels, date):
    sender, sent, to, subject = labels
    return (
        f"<pre>{NOTE}\n\n{announcement}\n{sender} Anna Huber "
        f"[mailto:anna@huber.example]"
        f"\n{sent} {date}\n{to} Lena\n{subject} Drucker\n\n{TEXT}</pre>"
    )


def gmail(announcement, labels, date):
    sender, sent, to, subject = labels
    return (
        f'<div dir="ltr">{NOTE}<br><br><div class="gmail_quote">'
        f'<div class="gmail_attr">'
        f"---------- {announcement} ---------<br>{sender} <strong>Anna Huber</strong> "
        f'<span>&lt;<a href="mailto:anna@huber.example">anna@huber.example</a>&gt;'
        f"</span><br>{sent} {date}<br>{subject} Drucker<br>{to} &lt;lena@demo.example"
        f"&gt;<br></div><br><br><div>{TEXT}</div></div></div>"
    )


def gmail_plain(announcement, labels, date):
    sender, sent, to, subject = labels
    return (
        f"<pre>{NOTE}\n\n---------- {announcement} ---------\n{sender} Anna Huber "
        f"&lt;anna@huber.example&gt;\n{sent} {date}\n{subject} Drucker\n{to} "
        f"&lt;lena@demo.example&gt;\n\n\n{TEXT}\n</pre>"
    )


def apple(announcement, labels, date):
    sender, sent, to, subject = labels
    return (
        f"<div>{NOTE}<br><div><br><blockquote type='cite'><div>{announcement}</div><br>"
        f"<div><span><b>{sender} </b></span><span>Anna Huber &lt;"
        f'<a href="mailto:anna@huber.example">anna@huber.example</a>&gt;<br></span>'
        f"</div>"
        f"<div><span><b>{subject} </b></span><span><b>Drucker</b><br></span></div>"
        f"<div><span><b>{sent} </b></span><span>{date}<br></span></div>"
        f"<div><span><b>{to} </b></span><span>lena@demo.example<br></span></div><br>"
        f"<div>{TEXT}</div></blockquote></div></div>"
    )


def apple_plain(announcement, labels, date):
    sender, sent, to, subject = labels
    return (
        f"<pre>{NOTE}\n\n{announcement}\n\n&gt; {sender} Anna Huber "
        f"&lt;anna@huber.example&gt;\n&gt; {subject} Drucker\n&gt; {sent} {date}\n"
        f"&gt; {to} lena@demo.example\n&gt; \n&gt; {TEXT}\n</pre>"
    )


def thunderbird(announcement, labels, date):
    sender, sent, to, subject = labels
    rows = (
        (subject, "Drucker"),
        (sent, date),
        (sender, "Anna Huber &lt;anna@huber.example&gt;"),
        (to, "lena@demo.example"),
    )
    cells = "".join(
        f"<tr><th valign='BASELINE'>{name} </th><td>{value}</td></tr>"
        for name, value in rows
    )
    return (
        f"<p>{NOTE}</p><div class='moz-forward-container'><br><br>-------- "
        f"{announcement} "
        f"--------<table class='moz-email-headers-table'><tbody>{cells}</tbody></table>"
        f"<br><br><p>{TEXT}</p></div>"
    )


def thunderbird_plain(announcement, labels, date):
    sender, sent, to, subject = labels
    return (
        f"<pre>{NOTE}\n\n\n-------- {announcement} --------\n{subject} \tDrucker\n"
        f"{sent} \t{date}\n{sender} \tAnna Huber &lt;anna@huber.example&gt;\n"
        f"{to} \tlena@demo.example\n\n\n{TEXT}\n</pre>"
    )


# The block of Outlook in further languages: (subject, labels, date).
OUTLOOK = {
    "it": ("I:", "Da: Inviato: A: Oggetto:", "lunedì 2 novembre 2026 16:05"),
    "nl": ("FW:", "Van: Verzonden: Aan: Onderwerp:", "maandag 2 november 2026 16:05"),
    "pt": (
        "ENC:",
        "De: Enviado: Para: Assunto:",
        "segunda-feira, 2 de novembro de 2026 16:05",
    ),
    "sv": ("VB:", "Från: Skickat: Till: Ämne:", "den 2 november 2026 16:05"),
    "da": ("FW:", "Fra: Sendt: Til: Emne:", "2. november 2026 16:05"),
    "fi": (
        "VL:",
        "Lähettäjä: Lähetetty: Vastaanottaja: Aihe:",
        "maanantai 2. marraskuuta 2026 16.05",
    ),
    "pl": ("PD:", "Od: Wysłano: Do: Temat:", "poniedziałek, 2 listopada 2026 16:05"),
    "cs": ("FW:", "Od: Odesláno: Komu: Předmět:", "pondělí 2. listopadu 2026 16:05"),
    "ru": ("FW:", "От: Отправлено: Кому: Тема:", "2 ноября 2026 г. 16:05"),
    # with marks of the direction before each label
    "he": (
        "הועבר:",
        "\u200f\u200fמאת: \u200fנשלח: \u200fאל: \u200fנושא:",
        "02/11/2026 16:05",
    ),
}
RFC = "Mon, 2 Nov 2026 16:05:12 +0100"
GERMAN = ("Von:", "Gesendet:", "An:", "Betreff:")
GERMAN_DATE = ("Von:", "Datum:", "An:", "Betreff:")
FRENCH = ("De\xa0:", "Envoyé\xa0:", "À\xa0:", "Objet\xa0:")
FRENCH_DATE = ("De\xa0:", "Date\xa0:", "À\xa0:", "Objet\xa0:")
SPANISH = ("De:", "Enviado el:", "Para:", "Asunto:")
SPANISH_DATE = ("De:", "Fecha:", "Para:", "Asunto:")
ENGLISH = ("From:", "Sent:", "To:", "Subject:")
ENGLISH_DATE = ("From:", "Date:", "To:", "Subject:")
# Gmail keeps “Date” and “Subject” in some languages
GMAIL_FRENCH = ("De :", "Date:", "To:", "Subject:")

SAMPLES = {
    "Outlook de": ("WG: Drucker", outlook(GERMAN, "Montag, 2. November 2026 16:05")),
    "Outlook fr": ("TR: Drucker", outlook(FRENCH, "lundi 2 novembre 2026 16:05")),
    "Outlook es": (
        "RV: Drucker",
        outlook(SPANISH, "lunes, 2 de noviembre de 2026 16:05"),
    ),
    "Outlook en": (
        "FW: Drucker",
        outlook(ENGLISH, "Monday, November 2, 2026 4:05 PM"),
    ),
    "Outlook de plain": (
        "WG: Drucker",
        outlook_plain(
            "-----Ursprüngliche Nachricht-----",
            GERMAN,
            "Montag, 2. November 2026 16:05",
        ),
    ),
    "Outlook fr plain": (
        "TR : Drucker",
        outlook_plain(
            "-----Message d'origine-----", FRENCH, "lundi 2 novembre 2026 16:05"
        ),
    ),
    "Outlook es plain": (
        "RV: Drucker",
        outlook_plain(
            "-----Mensaje original-----", SPANISH, "lunes, 2 de noviembre de 2026 16:05"
        ),
    ),
    "Outlook en plain": (
        "FW: Drucker",
        outlook_plain("_" * 32, ENGLISH, "Monday, November 2, 2026 4:05 PM"),
    ),
    "Gmail de": (
        "Fwd: Drucker",
        gmail("Forwarded message", GERMAN_DATE, "Mo., 2. Nov. 2026 um 16:05 Uhr"),
    ),
    "Gmail fr": (
        "Fwd: Drucker",
        gmail("Forwarded message", GMAIL_FRENCH, "lun. 2 nov. 2026 à 16:05"),
    ),
    "Gmail es": (
        "Fwd: Drucker",
        gmail("Forwarded message", GMAIL_FRENCH, "lun, 2 nov 2026 a las 16:05"),
    ),
    "Gmail en": (
        "Fwd: Drucker",
        gmail("Forwarded message", ENGLISH_DATE, "Mon, Nov 2, 2026 at 4:05 PM"),
    ),
    "Gmail en plain": (
        "Fwd: Drucker",
        gmail_plain(
            "Forwarded message", ENGLISH_DATE, "Mon, Nov 2, 2026 at 4:05\u202fPM"
        ),
    ),
    "Gmail de plain": (
        "Fwd: Drucker",
        gmail_plain("Forwarded message", GERMAN_DATE, "Mo., 2. Nov. 2026 um 16:05 Uhr"),
    ),
    "Gmail es plain": (
        "Fwd: Drucker",
        gmail_plain("Mensaje reenviado", SPANISH_DATE, "lun, 2 nov 2026 a las 16:05"),
    ),
    "Gmail fr plain": (
        "Fwd: Drucker",
        gmail_plain("Message transféré", FRENCH_DATE, "lun. 2 nov. 2026 à 16:05"),
    ),
    "Apple de": (
        "Drucker",
        apple(
            "Anfang der weitergeleiteten Nachricht:",
            GERMAN_DATE,
            "2. November 2026 um 16:05:12 MEZ",
        ),
    ),
    "Apple fr": (
        "Drucker",
        apple(
            "Début du message transféré\xa0:",
            FRENCH_DATE,
            "2 novembre 2026 à 16:05:12 UTC+1",
        ),
    ),
    "Apple es": (
        "Drucker",
        apple(
            "Inicio del mensaje reenviado:",
            SPANISH_DATE,
            "2 de noviembre de 2026, 16:05:12 CET",
        ),
    ),
    "Apple en": (
        "Drucker",
        apple(
            "Begin forwarded message:", ENGLISH_DATE, "2 November 2026 at 16:05:12 CET"
        ),
    ),
    "Apple de plain": (
        "Fwd: Drucker",
        apple_plain(
            "Anfang der weitergeleiteten Nachricht:",
            GERMAN_DATE,
            "2. November 2026 um 16:05:12 MEZ",
        ),
    ),
    "Apple en plain": (
        "Fwd: Drucker",
        apple_plain(
            "Begin forwarded message:", ENGLISH_DATE, "2 November 2026 at 16:05:12 CET"
        ),
    ),
    "Apple fr plain": (
        "Fwd: Drucker",
        apple_plain(
            "Début du message transféré\xa0:",
            FRENCH_DATE,
            "2 novembre 2026 à 16:05:12 CET",
        ),
    ),
    "Apple es plain": (
        "Fwd: Drucker",
        apple_plain(
            "Inicio del mensaje reenviado:",
            SPANISH_DATE,
            "2 de noviembre de 2026, 16:05:12 CET",
        ),
    ),
    "Thunderbird de": (
        "Fwd: Drucker",
        thunderbird("Weitergeleitete Nachricht", GERMAN_DATE, RFC),
    ),
    "Thunderbird fr": (
        "Fwd: Drucker",
        thunderbird("Message transféré", FRENCH_DATE, RFC),
    ),
    "Thunderbird es": (
        "Fwd: Drucker",
        thunderbird("Mensaje reenviado", SPANISH_DATE, RFC),
    ),
    "Thunderbird en": (
        "Fwd: Drucker",
        thunderbird("Forwarded Message", ENGLISH_DATE, RFC),
    ),
    "Thunderbird de plain": (
        "Fwd: Drucker",
        thunderbird_plain("Weitergeleitete Nachricht", GERMAN_DATE, RFC),
    ),
    "Thunderbird fr plain": (
        "Fwd: Drucker",
        thunderbird_plain("Message transféré", FRENCH_DATE, RFC),
    ),
    "Thunderbird es plain": (
        "Fwd: Drucker",
        thunderbird_plain("Mensaje reenviado", SPANISH_DATE, RFC),
    ),
    "Thunderbird en plain": (
        "Fwd: Drucker",
        thunderbird_plain("Forwarded Message", ENGLISH_DATE, RFC),
    ),
}
SAMPLES |= {
    f"Outlook {language}": (f"{sign} Drucker", outlook(labels.split(), date))
    for language, (sign, labels, date) in OUTLOOK.items()
}
SAMPLES |= {
    f"Gmail {language} plain": (
        "Fwd: Drucker",
        gmail_plain(words, labels.split(), "2.11.2026 16:05"),
    )
    for language, words, labels in (
        ("it", "Messaggio inoltrato", "Da: Data: A: Oggetto:"),
        ("nl", "Doorgestuurd bericht", "Van: Datum: Aan: Onderwerp:"),
        ("pl", "Przekazana wiadomość", "Od: Data: Do: Temat:"),
    )
}
