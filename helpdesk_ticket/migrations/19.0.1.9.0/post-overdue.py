import json
import re

# The words between which a date stood in the mail about passed deadlines, by language:
# those of the first answer, of the next action and of the solution. And what stands
# there now, after the name of any promise.
WORDS = {
    "en": (
        "First answer was due on",
        "Next action was due on",
        "Solution was due on",
        "was due on",
    ),
    "de": (
        "Erste Antwort war fällig am",
        "Nächste Aktion war fällig am",
        "Lösung war fällig am",
        "war fällig am",
    ),
    "fr": (
        "La première réponse était attendue le",
        "La prochaine action était attendue le",
        "La solution était attendue le",
        ": échéance le",
    ),
    "es": (
        "La primera respuesta vencía el",
        "La próxima acción vencía el",
        "La solución vencía el",
        ": vencía el",
    ),
}
LINE = (
    r"""<div t-if="'{promise}' in line\[1\]" style="color: #b3261e;">\s*{words}\s*"""
    r"""<t t-out="format_datetime\(line\[0\].{promise}_deadline, """
    r"""tz=object.tz or 'UTC', dt_format='short'\)"\s*(?:/>|></t>)\s*</div>"""
)
LINES = (
    '<div t-foreach="line[2]" t-as="late" style="color: #b3261e;">'
    '<t t-out="late[0]"/> {words} <t t-out="format_datetime(late[1], '
    "tz=object.tz or 'UTC', dt_format='short')\"/></div>"
)


def renew(body, language):
    """Let the mail name all promises that were broken, also those of other addons.

    :param str body: of the template in a language
    :param str language: its code
    :return: the body; as it was where somebody has changed these lines
    """
    *before, now = WORDS.get(language[:2], WORDS["en"])
    pattern = r"\s*".join(
        LINE.format(promise=promise, words=r"\s+".join(map(re.escape, words.split())))
        for promise, words in zip(("answer", "action", "solution"), before, strict=True)
    )
    return re.sub(pattern, lambda _found: LINES.format(words=now), body)


def migrate(cr, version):
    """Bring the mail about passed deadlines up to date, in each language: an update
    leaves templates alone (T25)."""
    cr.execute(
        """SELECT t.id, t.body_html
             FROM mail_template t
             JOIN ir_model_data d ON d.model = 'mail.template' AND d.res_id = t.id
            WHERE d.module = 'helpdesk_ticket' AND d.name = 'mail_template_overdue'"""
    )
    for template_id, bodies in cr.fetchall():
        renewed = {
            language: body and renew(body, language)
            for language, body in (bodies or {}).items()
        }
        if renewed != bodies:
            cr.execute(
                "UPDATE mail_template SET body_html = %s WHERE id = %s",
                [json.dumps(renewed), template_id],
            )
