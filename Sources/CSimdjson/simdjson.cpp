#include "CSimdjson.h"

#include <simdjson.h>

#include <charconv>
#include <cstring>
#include <new>
#include <vector>

using namespace simdjson;

struct cordon_json_parser {
  dom::parser parser;
  char digits[8][24];
  std::vector<uint8_t> tamed;
};

// A record this large leaves buffers behind that a small one does not need.
static constexpr size_t kKeptCapacity = 4u << 20;

extern "C" cordon_json_parser *cordon_json_parser_new(void) {
  return new (std::nothrow) cordon_json_parser();
}

extern "C" void cordon_json_parser_free(cordon_json_parser *parser) { delete parser; }

static int hex4(const uint8_t *p) {
  int value = 0;
  for (int i = 0; i < 4; i++) {
    uint8_t c = p[i];
    int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

// simdjson refuses a lone high surrogate and passes a lone low one; both are refused here, in any
// string of the record. The first loop is the whole cost for a record without "\uD": it vectorises.
static bool has_lone_surrogate(const uint8_t *p, size_t n) {
  if (n < 6) return false;
  uint8_t seen = 0;
  for (size_t i = 0; i < n - 2; i++) {
    seen |= uint8_t((p[i] == '\\') & (p[i + 1] == 'u') & ((p[i + 2] | 32) == 'd'));
  }
  if (!seen) return false;
  for (size_t i = 0; i + 1 < n;) {
    if (p[i] != '\\') { i++; continue; }
    if (p[i + 1] != 'u') { i += 2; continue; }
    int unit = i + 6 <= n ? hex4(p + i + 2) : -1;
    if (unit < 0) return false; // not an escape at all: the parser says so
    if (unit >= 0xDC00 && unit <= 0xDFFF) return true;
    if (unit >= 0xD800 && unit <= 0xDBFF) {
      bool paired = i + 12 <= n && p[i + 6] == '\\' && p[i + 7] == 'u';
      int low = paired ? hex4(p + i + 8) : -1;
      if (low < 0xDC00 || low > 0xDFFF) return true;
      i += 12;
      continue;
    }
    i += 6;
  }
  return false;
}

// The end of the number that begins at `i`, by the grammar of RFC 8259, section 6; `i` itself where
// none does.
static size_t number_end(const uint8_t *p, size_t n, size_t i) {
  auto digit = [&](size_t at) { return at < n && p[at] >= '0' && p[at] <= '9'; };
  size_t end = i;
  if (end < n && p[end] == '-') end++;
  if (!digit(end)) return i;
  if (p[end] == '0') end++;
  else while (digit(end)) end++;
  if (end < n && p[end] == '.') {
    if (!digit(++end)) return i;
    while (digit(end)) end++;
  }
  if (end < n && (p[end] | 32) == 'e') {
    end++;
    if (end < n && (p[end] == '+' || p[end] == '-')) end++;
    if (!digit(end)) return i;
    while (digit(end)) end++;
  }
  return end;
}

// Whether the DOM has room for a number: 64 bits, an integer or a floating-point one.
static bool has_room(const char *first, const char *last) {
  if (!memchr(first, '.', last - first) && !memchr(first, 'e', last - first) &&
      !memchr(first, 'E', last - first)) {
    int64_t number;
    uint64_t large;
    return std::from_chars(first, last, number).ec == std::errc() ||
           std::from_chars(first, last, large).ec == std::errc();
  }
  double number;
  return std::from_chars(first, last, number).ec == std::errc();
}

// A copy of the record in which a number outside of strings that the DOM has no room for is 0.0:
// numbers of any size are JSON. False where a number is malformed.
static bool tame_numbers(const uint8_t *p, size_t n, std::vector<uint8_t> &copy) {
  copy.assign(p, p + n);
  copy.resize(n + SIMDJSON_PADDING);
  for (size_t i = 0; i < n;) {
    if (p[i] == '"') {
      for (i++; i < n && p[i] != '"'; i++) {
        if (p[i] == '\\') i++;
      }
      i++;
    } else if (p[i] == '-' || (p[i] >= '0' && p[i] <= '9')) {
      size_t end = number_end(p, n, i);
      bool ends = end == n || (end > i && strchr(",]} \t\r\n", p[end]) && p[end]);
      if (!ends) return false;
      if (!has_room(reinterpret_cast<const char *>(p + i), reinterpret_cast<const char *>(p + end))) {
        memset(copy.data() + i, ' ', end - i);
        memcpy(copy.data() + i, "0.0", 3);
      }
      i = end;
    } else {
      i++;
    }
  }
  return true;
}

// The value at `path`; every object on the way is read to its end, so that a repeated key is seen.
static void look_up(dom::element element, const cordon_json_path &path, bool integer,
                    char *digits, cordon_json_field &field) {
  field = {CORDON_FIELD_MISSING, nullptr, 0};
  for (size_t level = 0; level < path.count; level++) {
    dom::object object;
    if (element.get(object)) {
      field.status = level == 0 ? CORDON_FIELD_MISSING : CORDON_FIELD_OTHER;
      return;
    }
    size_t found = 0;
    dom::element value;
    for (auto pair : object) {
      if (pair.key.size() == path.lengths[level] &&
          memcmp(pair.key.data(), path.keys[level], path.lengths[level]) == 0) {
        value = pair.value;
        found++;
      }
    }
    if (found == 0) return;
    if (found > 1) { field.status = CORDON_FIELD_REPEATED; return; }
    element = value;
  }
  std::string_view text;
  if (!element.get(text)) {
    field = {CORDON_FIELD_STRING, reinterpret_cast<const uint8_t *>(text.data()), text.size()};
    return;
  }
  field.status = CORDON_FIELD_OTHER;
  if (!integer) return;
  std::to_chars_result end{digits, std::errc::invalid_argument};
  if (int64_t number; !element.get(number)) {
    end = std::to_chars(digits, digits + 24, number);
  } else if (uint64_t number; !element.get(number)) {
    end = std::to_chars(digits, digits + 24, number);
  }
  if (end.ec == std::errc()) {
    field = {CORDON_FIELD_STRING, reinterpret_cast<const uint8_t *>(digits),
             size_t(end.ptr - digits)};
  }
}

extern "C" int cordon_json_parse(cordon_json_parser *state, const uint8_t *record, size_t length,
                                 const cordon_json_path *paths, const bool *integers,
                                 cordon_json_field *fields, size_t count) {
  if (state->parser.capacity() > kKeptCapacity && length <= kKeptCapacity) {
    state->parser = dom::parser();
  }
  dom::element document;
  auto error = state->parser.parse(record, length, false).get(document);
  if (error == NUMBER_ERROR && tame_numbers(record, length, state->tamed)) {
    // Strings are in the copy as they stand in the record; an id beyond 64 bits is no id.
    error = state->parser.parse(state->tamed.data(), length, false).get(document);
  }
  switch (error) {
  case SUCCESS: break;
  case UTF8_ERROR: return CORDON_RECORD_INVALID_UTF8;
  case DEPTH_ERROR: return CORDON_RECORD_TOO_DEEP;
  case MEMALLOC:
  case CAPACITY: return CORDON_RECORD_OUT_OF_MEMORY;
  default:
    if (!validate_utf8(reinterpret_cast<const char *>(record), length)) return CORDON_RECORD_INVALID_UTF8;
    return has_lone_surrogate(record, length) ? CORDON_RECORD_LONE_SURROGATE
                                              : CORDON_RECORD_INVALID_JSON;
  }
  if (has_lone_surrogate(record, length)) return CORDON_RECORD_LONE_SURROGATE;
  for (size_t i = 0; i < count; i++) {
    look_up(document, paths[i], integers[i], state->digits[i % 8], fields[i]);
  }
  return CORDON_RECORD_OK;
}

extern "C" bool cordon_utf8_is_valid(const uint8_t *bytes, size_t length) {
  return validate_utf8(reinterpret_cast<const char *>(bytes), length);
}

extern "C" const char *cordon_json_version(void) { return SIMDJSON_STRINGIFY(SIMDJSON_VERSION); }

extern "C" bool cordon_processor_is_supported(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
         __builtin_cpu_supports("fma");
#else
  return true;
#endif
}
