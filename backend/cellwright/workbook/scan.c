/* Scanner of worksheet and shared string parts: the plain subset of XML that spreadsheet programs write.
 *
 * It takes inflated bytes in pieces and consumes whole units (a row's start tag, a cell, a string item); what
 * is left of a piece comes again in front of the next. Cells go to growable columns, texts to pools of UTF-8
 * with end offsets. Anything outside the subset (prefixes, comments, CDATA, odd attributes, bad numbers, bad
 * UTF-8, broken nesting) ends the scan with CW_UNUSUAL, and the caller reads the part with expat instead; so
 * a result, where there is one, is that of read_cells.py. Every read is checked against the end of the piece.
 */
#define _GNU_SOURCE
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

#define EXPORT __attribute__((visibility("default")))

enum { CW_OK = 0, CW_MORE = 1, CW_UNUSUAL = -1, CW_NOMEM = -2, CW_LIMIT = -3 };
enum { BLANK, NUMBER, BOOLEAN, ERRORTEXT, SHARED, TEXT, DATE };      /* scan_result.RAW_... */
enum { F_NORMAL, F_SHARED, F_ARRAY, F_TABLE };
enum { KEYS, KINDS, PAYLOAD, FORMATS, FORMULAS, TEXT_BYTES, TEXT_ENDS, FORMULA_BYTES, FORMULA_ENDS,
       MARKS, MARK_BYTES, MARK_ENDS, METADATA, HIDDEN_ROWS, COLUMNS };
enum { NO_FORMULA = -1, FIRST_GROUP = -2, MAX_GROUP = 1 << 24 };
enum { MAX_ROWS = 1048576, MAX_COLUMNS = 16384, COLUMN_BITS = 14 };

typedef const uint8_t *Bytes;
typedef struct { Bytes at, end; } Span;
typedef struct { uint8_t *data; size_t used, room; } Column;           /* bytes */

typedef struct {
    Column columns[COLUMNS];
    int64_t row, column, most_cells;
    int in_row, done, is_strings, allows_x14ac;
    locale_t c_locale;
} Scanner;

static int reserve(Column *c, size_t more) {
    if (more <= c->room - c->used) return CW_OK;
    if (more > SIZE_MAX / 4 || c->used > SIZE_MAX / 4) return CW_NOMEM;
    size_t room = c->room + c->room / 2;
    if (room < c->used + more) room = c->used + more;
    if (room < 4096) room = 4096;
    uint8_t *data = realloc(c->data, room);
    if (!data) return CW_NOMEM;
    c->data = data;
    c->room = room;
    return CW_OK;
}

static int put(Column *c, const void *item, size_t size) {
    int status = reserve(c, size);
    if (status) return status;
    memcpy(c->data + c->used, item, size);
    c->used += size;
    return CW_OK;
}

static int put_i64(Column *c, int64_t value) { return put(c, &value, sizeof value); }

static int is_space(uint8_t b) { return b == ' ' || b == '\t' || b == '\n' || b == '\r'; }
static int is_digit(uint8_t b) { return b >= '0' && b <= '9'; }
static int is_letter(uint8_t b) { return (b | 32) >= 'a' && (b | 32) <= 'z'; }

static void skip_space(Span *s) { while (s->at < s->end && is_space(*s->at)) s->at++; }

static Span trimmed(Span s) {
    skip_space(&s);
    while (s.end > s.at && is_space(s.end[-1])) s.end--;
    return s;
}

static int equals(Span s, const char *text) {
    size_t size = strlen(text);
    return (size_t)(s.end - s.at) == size && memcmp(s.at, text, size) == 0;
}

/* Consume `text`; CW_MORE where the piece ends inside it. */
static int expect(Span *s, const char *text) {
    size_t size = strlen(text), here = (size_t)(s->end - s->at);
    if (memcmp(s->at, text, here < size ? here : size) != 0) return CW_UNUSUAL;
    if (here < size) return CW_MORE;
    s->at += size;
    return CW_OK;
}

/* ---- text: entities and UTF-8 */

static int put_code_point(Column *c, uint32_t code) {
    uint8_t b[4];
    size_t n;
    if (code < 0x80) { b[0] = (uint8_t)code; n = 1; }
    else if (code < 0x800) { b[0] = (uint8_t)(0xC0 | code >> 6); b[1] = (uint8_t)(0x80 | (code & 63)); n = 2; }
    else if (code < 0x10000) {
        b[0] = (uint8_t)(0xE0 | code >> 12); b[1] = (uint8_t)(0x80 | (code >> 6 & 63));
        b[2] = (uint8_t)(0x80 | (code & 63)); n = 3;
    } else {
        b[0] = (uint8_t)(0xF0 | code >> 18); b[1] = (uint8_t)(0x80 | (code >> 12 & 63));
        b[2] = (uint8_t)(0x80 | (code >> 6 & 63)); b[3] = (uint8_t)(0x80 | (code & 63)); n = 4;
    }
    return put(c, b, n);
}

static int is_xml_char(uint32_t c) {
    return c == 9 || c == 10 || c == 13 || (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) ||
           (c >= 0x10000 && c <= 0x10FFFF);
}

/* `s` stands behind the `&`. */
static int put_entity(Column *c, Span *s) {
    static const struct { const char *name; uint8_t byte; } NAMED[] = {
        {"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}};
    for (size_t i = 0; i < sizeof NAMED / sizeof NAMED[0]; i++) {
        size_t size = strlen(NAMED[i].name);
        if ((size_t)(s->end - s->at) >= size && memcmp(s->at, NAMED[i].name, size) == 0) {
            s->at += size;
            return put(c, &NAMED[i].byte, 1);
        }
    }
    if (s->at == s->end || *s->at != '#') return CW_UNUSUAL;
    s->at++;
    int is_hex = s->at < s->end && *s->at == 'x';
    if (is_hex) s->at++;
    uint32_t code = 0;
    int digits = 0;
    for (; s->at < s->end && *s->at != ';'; s->at++, digits++) {
        uint8_t b = *s->at;
        uint32_t digit;
        if (is_digit(b)) digit = (uint32_t)(b - '0');
        else if (is_hex && (b | 32) >= 'a' && (b | 32) <= 'f') digit = (uint32_t)((b | 32) - 'a' + 10);
        else return CW_UNUSUAL;
        code = code * (is_hex ? 16 : 10) + digit;
        if (code > 0x10FFFF) return CW_UNUSUAL;
    }
    if (s->at == s->end || !digits || !is_xml_char(code)) return CW_UNUSUAL;
    s->at++;
    return put_code_point(c, code);
}

/* The length of the valid UTF-8 sequence of two to four bytes at `s`, 0 where there is none. */
static size_t utf8_length(Span s) {
    size_t left = (size_t)(s.end - s.at), n;
    uint8_t b = s.at[0];
    uint32_t code;
    if (b >= 0xC2 && b <= 0xDF) { n = 2; code = b & 31u; }
    else if (b >= 0xE0 && b <= 0xEF) { n = 3; code = b & 15u; }
    else if (b >= 0xF0 && b <= 0xF4) { n = 4; code = b & 7u; }
    else return 0;
    if (left < n) return 0;
    for (size_t i = 1; i < n; i++) {
        if ((s.at[i] & 0xC0) != 0x80) return 0;
        code = code << 6 | (s.at[i] & 63u);
    }
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    return code >= LEAST[n] && is_xml_char(code) ? n : 0;
}

/* Append the characters of a text span, entities resolved, to a pool. */
static int put_characters(Column *pool, Span s) {
    int status = reserve(pool, (size_t)(s.end - s.at));
    while (!status && s.at < s.end) {
        Bytes from = s.at;
        while (s.at < s.end && *s.at >= 0x20 && *s.at < 0x80 && *s.at != '&' && *s.at != ']') s.at++;
        if (s.at > from && (status = put(pool, from, (size_t)(s.at - from)))) return status;
        if (s.at == s.end) break;
        uint8_t b = *s.at;
        if (b == '&') {
            s.at++;
            status = put_entity(pool, &s);
        } else if (b >= 0x80) {
            size_t n = utf8_length(s);
            if (!n) return CW_UNUSUAL;
            status = put(pool, s.at, n);
            s.at += n;
        } else if (b == ']') {
            if (s.end - s.at >= 3 && s.at[1] == ']' && s.at[2] == '>') return CW_UNUSUAL;
            status = put(pool, s.at++, 1);
        } else if (b == '\t' || b == '\n') {
            status = put(pool, s.at++, 1);
        } else if (b == '\r') { /* XML reads CR LF and a lone CR as LF */
            if (s.end - s.at < 2 || s.at[1] != '\n') status = put(pool, "\n", 1);
            s.at++;
        } else {
            return CW_UNUSUAL;
        }
    }
    return status;
}

/* End the text that was appended to a pool; its index among the texts comes back in `index`. */
static int end_text(Column *pool, Column *ends, int64_t *index) {
    *index = (int64_t)(ends->used / sizeof(int64_t));
    return put_i64(ends, (int64_t)pool->used);
}

static int put_text(Scanner *s, int pool, Span span, int64_t *index) {
    int status = put_characters(&s->columns[pool], span);
    return status ? status : end_text(&s->columns[pool], &s->columns[pool + 1], index);
}

/* ---- tags */

typedef struct { Span name, value; } Attribute;

/* The next attribute of a start tag; `*end` becomes 1 at `>`, 2 at `/>`. */
static int next_attribute(Span *s, Attribute *a, int *end) {
    int spaced = s->at < s->end && is_space(*s->at);
    *end = 0;
    skip_space(s);
    if (s->at == s->end) return CW_MORE;
    if (*s->at == '>') { s->at++; *end = 1; return CW_OK; }
    if (*s->at == '/') {
        if (s->end - s->at < 2) return CW_MORE;
        if (s->at[1] != '>') return CW_UNUSUAL;
        s->at += 2;
        *end = 2;
        return CW_OK;
    }
    if (!spaced || !is_letter(*s->at)) return CW_UNUSUAL;
    a->name.at = s->at;
    while (s->at < s->end && (is_letter(*s->at) || is_digit(*s->at) || *s->at == ':' || *s->at == '_')) s->at++;
    a->name.end = s->at;
    if (s->end - s->at < 2) return CW_MORE;
    if (s->at[0] != '=' || (s->at[1] != '"' && s->at[1] != '\'')) return CW_UNUSUAL;
    uint8_t quote = s->at[1];
    s->at += 2;
    a->value.at = s->at;
    while (s->at < s->end && *s->at != quote) {
        if (*s->at < 0x20 || *s->at >= 0x80 || *s->at == '&' || *s->at == '<') return CW_UNUSUAL;
        s->at++;
    }
    if (s->at == s->end) return CW_MORE;
    a->value.end = s->at++;
    return CW_OK;
}

/* Attributes that we do not read must at least be legal: declarations and unknown prefixes are not ours. */
static int may_ignore(const Scanner *s, Span name) {
    static const char X14AC[] = "x14ac:", XML[] = "xml:space";
    if (name.end - name.at >= 5 && memcmp(name.at, "xmlns", 5) == 0) return 0;
    if (!memchr(name.at, ':', (size_t)(name.end - name.at))) return 1;
    if (equals(name, XML)) return 1;
    return s->allows_x14ac && (size_t)(name.end - name.at) > sizeof X14AC - 1 &&
           memcmp(name.at, X14AC, sizeof X14AC - 1) == 0 &&
           !memchr(name.at + sizeof X14AC - 1, ':', (size_t)(name.end - name.at) - (sizeof X14AC - 1));
}

static int read_flag(Span v, int *flag) {
    if (equals(v, "1") || equals(v, "true")) *flag = 1;
    else if (equals(v, "0") || equals(v, "false")) *flag = 0;
    else return CW_UNUSUAL;
    return CW_OK;
}

static int read_number(Span v, int64_t *number) {
    if (v.at == v.end || v.end - v.at > 9) return CW_UNUSUAL;
    *number = 0;
    for (; v.at < v.end; v.at++) {
        if (!is_digit(*v.at)) return CW_UNUSUAL;
        *number = *number * 10 + (*v.at - '0');
    }
    return CW_OK;
}

/* The text up to the closing tag `close`; `s` stands behind the start tag. */
static int read_text(Span *s, const char *close, Span *text) {
    Bytes mark = memchr(s->at, '<', (size_t)(s->end - s->at));
    if (!mark) return CW_MORE;
    text->at = s->at;
    text->end = mark;
    s->at = mark;
    return expect(s, close);
}

/* Whether a start tag's name ends here: 0, or CW_MORE at the end of the piece, or CW_UNUSUAL. */
static int name_ends(const Span *s) {
    if (s->at == s->end) return CW_MORE;
    return is_space(*s->at) || *s->at == '>' || *s->at == '/' ? CW_OK : CW_UNUSUAL;
}

/* Skip the attributes of a tag whose attributes say nothing to us. */
static int skip_attributes(const Scanner *scanner, Span *s, int *end) {
    Attribute a;
    int status;
    int seen = 0;
    while (!(status = next_attribute(s, &a, end)) && !*end)
        if (!may_ignore(scanner, a.name) || seen++) return CW_UNUSUAL;
    return status;
}

/* ---- numbers */

static int read_double(const Scanner *scanner, Span v, double *value) {
    static const double POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    Bytes at = v.at;
    int negative = 0, digits = 0, exact = 1, any = 0;
    int64_t exponent = 0;
    uint64_t mantissa = 0;
    if (at < v.end && (*at == '+' || *at == '-')) negative = *at++ == '-';
    for (int fraction = 0; at < v.end && (is_digit(*at) || (*at == '.' && !fraction)); at++) {
        if (*at == '.') { fraction = 1; continue; }
        any = 1;
        if (digits < 18) {
            mantissa = mantissa * 10 + (uint64_t)(*at - '0');
            digits += mantissa != 0;
            exponent -= fraction;
        } else {
            exact = 0;
        }
    }
    if (!any) return CW_UNUSUAL;
    if (at < v.end && (*at | 32) == 'e') {
        int minus = 0, power = 0, power_digits = 0;
        at++;
        if (at < v.end && (*at == '+' || *at == '-')) minus = *at++ == '-';
        for (; at < v.end && is_digit(*at); at++, power_digits++) {
            power = power * 10 + (*at - '0');
            if (power > 9999) return CW_UNUSUAL;
        }
        if (!power_digits) return CW_UNUSUAL;
        exponent += minus ? -power : power;
    }
    if (at != v.end) return CW_UNUSUAL;
    /* Both operands exact, so one rounding: the nearest double (Clinger 1990). */
    if (exact && mantissa <= (UINT64_C(1) << 53) && exponent >= -22 && exponent <= 22) {
        double number = (double)mantissa;
        number = exponent < 0 ? number / POWERS[-exponent] : number * POWERS[exponent];
        *value = negative ? -number : number;
        return CW_OK;
    }
    char text[64];
    size_t size = (size_t)(v.end - v.at);
    if (size >= sizeof text) return CW_UNUSUAL;
    memcpy(text, v.at, size);
    text[size] = 0;
    *value = strtod_l(text, NULL, scanner->c_locale);
    return isfinite(*value) ? CW_OK : CW_UNUSUAL;
}

/* ---- cells */

typedef struct {
    Span address, type, value, inline_text, formula, formula_type, ref, first_input, second_input;
    int64_t format, metadata, group;
    int has_address, has_value, has_inline, has_formula, is_two_way, is_row_input;
} Cell;

static int read_address(Scanner *s, const Cell *cell, int64_t *key) {
    int64_t row = s->row;
    if (!cell->has_address) {
        s->column++;
    } else {
        Span a = cell->address;
        int64_t column = 0, number;
        int letters = 0;
        for (; a.at < a.end && *a.at >= 'A' && *a.at <= 'Z' && letters < 3; a.at++, letters++)
            column = column * 26 + (*a.at - 'A' + 1);
        if (!letters || read_number(a, &number) || a.end - a.at > 7) return CW_UNUSUAL;
        s->column = column - 1;
        row = number - 1;
    }
    if (row < 0 || row >= MAX_ROWS || s->column < 0 || s->column >= MAX_COLUMNS) return CW_UNUSUAL;
    *key = row << COLUMN_BITS | s->column;
    return CW_OK;
}

static int read_formula_tag(Scanner *s, Span *at, Cell *cell) {
    Attribute a;
    int status, end, seen = 0, bit;
    while (!(status = next_attribute(at, &a, &end)) && !end) {
        bit = 0;
        if (equals(a.name, "t")) { bit = 1; cell->formula_type = a.value; }
        else if (equals(a.name, "ref")) { bit = 2; cell->ref = a.value; }
        else if (equals(a.name, "si")) { bit = 4; status = read_number(a.value, &cell->group); }
        else if (equals(a.name, "r1")) { bit = 8; cell->first_input = a.value; }
        else if (equals(a.name, "r2")) { bit = 16; cell->second_input = a.value; }
        else if (equals(a.name, "dt2D")) { bit = 32; status = read_flag(a.value, &cell->is_two_way); }
        else if (equals(a.name, "dtr")) { bit = 64; status = read_flag(a.value, &cell->is_row_input); }
        else if (!may_ignore(s, a.name)) return CW_UNUSUAL;
        if (status || (seen & bit)) return CW_UNUSUAL;
        seen |= bit;
    }
    if (status) return status;
    cell->has_formula = 1;
    return end == 2 ? CW_OK : read_text(at, "</f>", &cell->formula);
}

static int read_inline(Scanner *s, Span *at, Cell *cell) {
    int status, end;
    if ((status = expect(at, "<is><t"))) return status;
    if ((status = name_ends(at)) || (status = skip_attributes(s, at, &end))) return status;
    if (end == 1 && (status = read_text(at, "</t>", &cell->inline_text))) return status;
    cell->has_inline = 1;
    return expect(at, "</is>");
}

/* A child element of a cell or the cell's end (`*end` = 1). */
static int read_child(Scanner *s, Span *at, Cell *cell, int *end) {
    int status, closed;
    skip_space(at);
    if (at->end - at->at < 2) return CW_MORE;
    if (at->at[0] != '<') return CW_UNUSUAL;
    *end = at->at[1] == '/';
    if (*end) return expect(at, "</c>");
    if (at->at[1] == 'i') return cell->has_inline ? CW_UNUSUAL : read_inline(s, at, cell);
    int is_value = at->at[1] == 'v';
    if (!is_value && at->at[1] != 'f') return CW_UNUSUAL;
    if (is_value ? cell->has_value : cell->has_formula) return CW_UNUSUAL;
    at->at += 2;
    if ((status = name_ends(at))) return status;
    if (!is_value) return read_formula_tag(s, at, cell);
    if ((status = skip_attributes(s, at, &closed))) return status;
    cell->has_value = 1;
    return closed == 2 ? CW_OK : read_text(at, "</v>", &cell->value);
}

static int put_value(Scanner *s, const Cell *cell) {
    uint8_t kind = BLANK;
    double payload = 0;
    int64_t index = 0;
    int status = CW_OK, flag = 0;
    Span v = trimmed(cell->value);
    int is_inline = equals(cell->type, "inlineStr");
    if (is_inline && cell->has_inline) {
        kind = TEXT;
        status = put_text(s, TEXT_BYTES, cell->inline_text, &index);
        payload = (double)index;
    } else if (!cell->has_value) {
        kind = BLANK;
    } else if (is_inline || equals(cell->type, "str")) {
        kind = TEXT;
        status = put_text(s, TEXT_BYTES, cell->value, &index);
        payload = (double)index;
    } else if (v.at == v.end) {
        kind = BLANK;
    } else if (cell->type.at == cell->type.end || equals(cell->type, "n")) {
        kind = NUMBER;
        status = read_double(s, v, &payload);
    } else if (equals(cell->type, "s")) {
        kind = SHARED;
        status = read_number(v, &index);
        payload = (double)index;
    } else if (equals(cell->type, "b")) {
        kind = BOOLEAN;
        status = read_flag(v, &flag);
        payload = flag;
    } else if (equals(cell->type, "e") || equals(cell->type, "d")) {
        kind = *cell->type.at == 'e' ? ERRORTEXT : DATE;
        status = put_text(s, TEXT_BYTES, v, &index);
        payload = (double)index;
    } else {
        return CW_UNUSUAL;
    }
    if (status || (status = put(&s->columns[KINDS], &kind, 1))) return status;
    return put(&s->columns[PAYLOAD], &payload, sizeof payload);
}

/* A mark is six numbers (position, kind, group, two flags, index of its first text) and three texts. */
static int put_mark(Scanner *s, const Cell *cell, int64_t position, int kind) {
    int64_t index, first = 0;
    int status;
    if ((status = put_text(s, MARK_BYTES, cell->ref, &first)) ||
        (status = put_text(s, MARK_BYTES, cell->first_input, &index)) ||
        (status = put_text(s, MARK_BYTES, cell->second_input, &index)))
        return status;
    int64_t fields[] = {position, kind, kind == F_SHARED ? cell->group : -1, cell->is_two_way,
                        cell->is_row_input, first};
    return put(&s->columns[MARKS], fields, sizeof fields);
}

static int put_formula(Scanner *s, const Cell *cell, int64_t position) {
    int32_t entry = NO_FORMULA;
    int64_t index;
    int status, kind = F_NORMAL;
    if (cell->has_formula) {
        Span type = cell->formula_type, text = trimmed(cell->formula);
        int is_empty = text.at == text.end;
        if (equals(type, "shared")) kind = F_SHARED;
        else if (equals(type, "array")) kind = F_ARRAY;
        else if (equals(type, "dataTable")) kind = F_TABLE;
        else if (type.at != type.end && !equals(type, "normal")) return CW_UNUSUAL;
        if (kind == F_SHARED && cell->group >= MAX_GROUP) return CW_UNUSUAL;
        if (is_empty && kind == F_SHARED) {
            entry = (int32_t)(FIRST_GROUP - cell->group);
        } else if (!is_empty || kind == F_TABLE) {
            if (kind != F_NORMAL && (status = put_mark(s, cell, position, kind))) return status;
            if ((status = put_text(s, FORMULA_BYTES, cell->formula, &index))) return status;
            if (index > INT32_MAX) return CW_UNUSUAL;
            entry = (int32_t)index;
        }
    }
    return put(&s->columns[FORMULAS], &entry, sizeof entry);
}

static int read_cell(Scanner *s, Span *at) {
    Attribute a;
    Cell cell;
    int status, end, seen = 0, bit;
    memset(&cell, 0, sizeof cell);
    /* Empty spans point somewhere, so that comparing and trimming them is defined. */
    cell.address = cell.type = cell.value = cell.inline_text = cell.formula = cell.formula_type = cell.ref =
        cell.first_input = cell.second_input = (Span){at->at, at->at};
    while (!(status = next_attribute(at, &a, &end)) && !end) {
        bit = 0;
        if (equals(a.name, "r")) { bit = 1; cell.address = a.value; cell.has_address = 1; }
        else if (equals(a.name, "s")) { bit = 2; status = a.value.at == a.value.end ? CW_OK : read_number(a.value, &cell.format); }
        else if (equals(a.name, "t")) { bit = 4; cell.type = a.value; if (a.value.at == a.value.end) return CW_UNUSUAL; }
        else if (equals(a.name, "cm")) { bit = 8; status = read_number(a.value, &cell.metadata); }
        else if (!may_ignore(s, a.name)) return CW_UNUSUAL;
        if (status || (seen & bit)) return CW_UNUSUAL;
        seen |= bit;
    }
    if (status) return status;
    int closed = end == 2;
    while (!closed)
        if ((status = read_child(s, at, &cell, &closed))) return status;
    int64_t key, position = (int64_t)s->columns[KINDS].used;
    uint32_t format = (uint32_t)cell.format;
    if ((status = read_address(s, &cell, &key))) return status;
    if (!cell.has_value && !cell.has_inline && !cell.has_formula && !format && !(seen & 8)) return CW_OK;
    if (position >= s->most_cells) return CW_LIMIT;
    if ((status = put_i64(&s->columns[KEYS], key)) ||
        (status = put_value(s, &cell)) ||
        (status = put(&s->columns[FORMATS], &format, sizeof format)) || (status = put_formula(s, &cell, position)))
        return status;
    if (seen & 8) {
        int64_t pair[] = {position, cell.metadata};
        return put(&s->columns[METADATA], pair, sizeof pair);
    }
    return CW_OK;
}

static int read_row(Scanner *s, Span *at) {
    Attribute a;
    int status, end, seen = 0, bit, hidden = 0;
    int64_t row = s->row + 2;
    while (!(status = next_attribute(at, &a, &end)) && !end) {
        bit = 0;
        if (equals(a.name, "r")) { bit = 1; status = read_number(a.value, &row); }
        else if (equals(a.name, "hidden")) { bit = 2; status = read_flag(a.value, &hidden); }
        else if (!may_ignore(s, a.name)) return CW_UNUSUAL;
        if (status || (seen & bit)) return CW_UNUSUAL;
        seen |= bit;
    }
    if (status) return status;
    if (row < 1 || row > MAX_ROWS) return CW_UNUSUAL;
    s->row = row - 1;
    s->column = -1;
    s->in_row = end == 1;
    return hidden ? put_i64(&s->columns[HIDDEN_ROWS], s->row) : CW_OK;
}

static int read_sheet_unit(Scanner *s, Span *at) {
    skip_space(at);
    if (at->end - at->at < 2) return CW_MORE;
    if (at->at[0] != '<') return CW_UNUSUAL;
    int status;
    if (at->at[1] == '/') {
        if ((status = expect(at, s->in_row ? "</row>" : "</sheetData>"))) return status;
        s->done = !s->in_row;
        s->in_row = 0;
        return CW_OK;
    }
    if ((status = expect(at, s->in_row ? "<c" : "<row")) || (status = name_ends(at))) return status;
    return s->in_row ? read_cell(s, at) : read_row(s, at);
}

/* ---- shared strings */

/* Skip `<rPr>...</rPr>`; `at` stands at its start. */
static int skip_run_format(Span *at) {
    static const char CLOSE[] = "</rPr>";
    int status = expect(at, "<rPr>");
    if (status) return status;
    for (;;) {
        Bytes mark = memchr(at->at, '<', (size_t)(at->end - at->at));
        for (Bytes p = at->at; p < (mark ? mark : at->end); p++)
            if (*p == '&' || *p < 9 || *p >= 0x80) return CW_UNUSUAL;
        if (!mark) return CW_MORE;
        at->at = mark;
        if (at->end - at->at < 2) return CW_MORE;
        if (at->at[1] == '!' || at->at[1] == '?') return CW_UNUSUAL;
        status = expect(at, CLOSE);
        if (status == CW_OK || status == CW_MORE) return status;
        at->at++;
    }
}

static int read_string_item(Scanner *s, Span *at) {
    Column *pool = &s->columns[TEXT_BYTES];
    int status, end, in_run = 0;
    int64_t index;
    skip_space(at);
    if (at->end - at->at < 2) return CW_MORE;
    if (at->at[0] != '<') return CW_UNUSUAL;
    if (at->at[1] == '/') {
        status = expect(at, "</sst>");
        s->done = status == CW_OK;
        return status;
    }
    size_t before = pool->used;
    if ((status = expect(at, "<si"))) return status;
    if (at->at == at->end) return CW_MORE;
    if (*at->at == '/') {
        if ((status = expect(at, "/>"))) return status;
        return end_text(pool, &s->columns[TEXT_ENDS], &index);
    }
    if ((status = expect(at, ">"))) return status;
    for (;;) {
        Span text;
        skip_space(at);
        if (at->end - at->at < 3) { status = CW_MORE; break; }
        if (at->at[1] == '/') {
            if ((status = expect(at, in_run ? "</r>" : "</si>"))) break;
            if (!in_run) return end_text(pool, &s->columns[TEXT_ENDS], &index);
            in_run = 0;
            continue;
        }
        if (at->at[1] == 'r' && at->at[2] == '>' && !in_run) {
            if ((status = expect(at, "<r>"))) break;
            in_run = 1;
            skip_space(at);
            if (at->end - at->at < 5) { status = CW_MORE; break; }
            if (at->at[1] == 'r' && (status = skip_run_format(at))) break;
            continue;
        }
        if ((status = expect(at, "<t")) || (status = name_ends(at))) break;
        if ((status = skip_attributes(s, at, &end))) break;
        if (end == 2) continue;
        if ((status = read_text(at, "</t>", &text)) || (status = put_characters(pool, text))) break;
    }
    pool->used = before; /* the unit comes again, whole */
    return status;
}

/* ---- interface */

EXPORT void cw_scan_free(Scanner *s) {
    if (!s) return;
    for (int i = 0; i < COLUMNS; i++) free(s->columns[i].data);
    if (s->c_locale) freelocale(s->c_locale);
    free(s);
}

/* A scanner behind `<sheetData>` (is_strings 0) or behind the `<sst ...>` tag; NULL without memory. */
EXPORT Scanner *cw_scan_new(int is_strings, int allows_x14ac, int64_t most_cells) {
    Scanner *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->row = s->column = -1;
    s->is_strings = is_strings;
    s->allows_x14ac = allows_x14ac;
    s->most_cells = most_cells;
    s->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!s->c_locale) {
        cw_scan_free(s);
        return NULL;
    }
    return s;
}

/* Scan a piece; returns how many bytes of it were consumed, or CW_UNUSUAL, CW_NOMEM or CW_LIMIT. */
EXPORT int64_t cw_scan_feed(Scanner *s, const uint8_t *data, int64_t size) {
    Span at = {data, data + size};
    while (!s->done) {
        Span unit = at;
        int status = s->is_strings ? read_string_item(s, &unit) : read_sheet_unit(s, &unit);
        if (status == CW_MORE) break;
        if (status) return status;
        at = unit;
    }
    return at.at - data;
}

/* Whether the closing tag was consumed. */
EXPORT int cw_scan_done(const Scanner *s) { return s->done; }

/* The bytes of a column and their number. */
EXPORT const uint8_t *cw_scan_column(const Scanner *s, int column, int64_t *size) {
    if (column < 0 || column >= COLUMNS) {
        *size = 0;
        return NULL;
    }
    *size = (int64_t)s->columns[column].used;
    return s->columns[column].data;
}

/* Free a column that has been copied. */
EXPORT void cw_scan_drop(Scanner *s, int column) {
    if (column < 0 || column >= COLUMNS) return;
    free(s->columns[column].data);
    memset(&s->columns[column], 0, sizeof s->columns[column]);
}
