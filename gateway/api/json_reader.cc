#include "api/json_reader.h"

#include <set>
#include <vector>

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include "api/json_stream.h"
#include "api/problem.h"
#include "base/text.h"

namespace gateway::api {
namespace {

using Kind = JsonToken::Kind;
using Size = rapidjson::SizeType;

// Iterative: the recursive reader's stack is the thread's, and a body of '[' overflows it.
constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

/// RapidJSON's Handler concept, in front of a JsonVisitor.
class Adaptor {
 public:
  Adaptor(std::string_view json, std::size_t depth_max, JsonStream& stream, JsonVisitor& visitor)
      : json_(json), depth_max_(depth_max), stream_(stream), visitor_(visitor) {}

  bool Null() { return scalar(Kind::literal, {}); }
  bool Bool(bool) { return scalar(Kind::literal, {}); }
  bool Int(int) { return scalar(Kind::literal, {}); }
  bool Uint(unsigned) { return scalar(Kind::literal, {}); }
  bool Int64(std::int64_t) { return scalar(Kind::literal, {}); }
  bool Uint64(std::uint64_t) { return scalar(Kind::literal, {}); }
  bool Double(double) { return scalar(Kind::literal, {}); }
  bool RawNumber(const char*, Size, bool) { return scalar(Kind::literal, {}); }
  bool String(const char* text, Size length, bool) {
    return well_formed({text, length}) && scalar(Kind::string, {text, length});
  }
  bool Key(const char* text, Size length, bool) {
    return well_formed({text, length}) && new_member({text, length}) &&
           scalar(Kind::key, {text, length});
  }
  // Called before the bracket is taken.
  bool StartObject() {
    members_.emplace_back();
    return deeper() && token(Kind::object_begin, {}, stream_.Tell() + 1);
  }
  bool EndObject(Size) {
    members_.pop_back();
    --depth_;
    return token(Kind::object_end, {}, stream_.Tell() + 1);
  }
  bool StartArray() { return deeper() && token(Kind::array_begin, {}, stream_.Tell() + 1); }
  bool EndArray(Size) {
    --depth_;
    return token(Kind::array_end, {}, stream_.Tell() + 1);
  }

  /// Why the reading was ended here; empty when the visitor wished it.
  const std::string& error() const { return error_; }

 private:
  bool scalar(Kind kind, std::string_view text) { return token(kind, text, stream_.Tell()); }

  /// Between two tokens stand white space and at most one separator.
  bool token(Kind kind, std::string_view text, std::size_t end) {
    const std::size_t begin = json_.find_first_not_of(" \t\r\n,:", end_);
    const std::size_t separator = json_.substr(end_, begin - end_).find_first_of(",:");
    JsonToken token{kind, text, json_.substr(begin, end - begin)};
    if (separator != std::string_view::npos) token.separator = json_[end_ + separator];
    end_ = end;
    return visitor_.visit(token);
  }

  bool refuse(std::string error) {
    error_ = std::move(error);
    return false;
  }
  bool deeper() {
    if (++depth_ <= depth_max_) return true;
    return refuse("The JSON is nested deeper than " + std::to_string(depth_max_) + " levels");
  }
  /// The reader lets a low surrogate that stands alone pass (\uDC00).
  bool well_formed(std::string_view text) {
    return base::is_utf8(text) || refuse("A string has half of a surrogate pair in it");
  }
  bool new_member(std::string_view name) {
    // A tree, because the names are the client's: no choice of them makes it slow.
    return members_.back().emplace(name).second || refuse("Repeated member " + in_quotes(name));
  }

  const std::string_view json_;
  const std::size_t depth_max_;
  JsonStream& stream_;
  JsonVisitor& visitor_;
  std::size_t end_ = 0;  // of the last token
  std::size_t depth_ = 0;
  std::vector<std::set<std::string>> members_;  // of each open object
  std::string error_;
};

}  // namespace

base::Result<base::Unit, JsonError> read_json(std::string_view json, std::size_t depth_max,
                                              JsonVisitor& visitor) {
  // The reader takes NUL for the end.
  const std::size_t nul = json.find('\0');
  if (nul != std::string_view::npos) return base::Fail{JsonError{"The JSON has a NUL byte", nul}};
  JsonStream stream(json);
  Adaptor adaptor(json, depth_max, stream, visitor);
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, adaptor);
  if (!result.IsError()) return base::Unit{};
  if (result.Code() == rapidjson::kParseErrorTermination) {
    return base::Fail{JsonError{adaptor.error(), stream.Tell()}};
  }
  std::string_view what = rapidjson::GetParseError_En(result.Code());
  if (what.ends_with('.')) what.remove_suffix(1);
  return base::Fail{JsonError{"Broken JSON: " + std::string(what), result.Offset()}};
}

}  // namespace gateway::api
