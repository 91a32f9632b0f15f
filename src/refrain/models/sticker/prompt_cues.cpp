#include "refrain/models/sticker/prompt_cues.h"

#include <glib.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <variant>

namespace refrain {
namespace {

constexpr std::size_t kMaxWords = 64;
constexpr std::size_t kMaxWordBytes = 32;

struct Saying {};
using Meaning = std::variant<Palette, Mood, Creature, Emblem, Saying>;

struct Cue {
  std::string_view word;
  Meaning meaning;
};

constexpr Cue kCues[] = {
    {"red", Palette::kRed},
    {"crimson", Palette::kRed},
    {"scarlet", Palette::kRed},
    {"ruby", Palette::kRed},
    {"fire", Palette::kRed},
    {"pink", Palette::kPink},
    {"rose", Palette::kPink},
    {"magenta", Palette::kPink},
    {"peach", Palette::kOrange},
    {"orange", Palette::kOrange},
    {"ginger", Palette::kOrange},
    {"amber", Palette::kOrange},
    {"autumn", Palette::kOrange},
    {"yellow", Palette::kYellow},
    {"gold", Palette::kYellow},
    {"golden", Palette::kYellow},
    {"lemon", Palette::kYellow},
    {"banana", Palette::kYellow},
    {"green", Palette::kGreen},
    {"lime", Palette::kGreen},
    {"olive", Palette::kGreen},
    {"forest", Palette::kGreen},
    {"avocado", Palette::kGreen},
    {"teal", Palette::kTeal},
    {"turquoise", Palette::kTeal},
    {"cyan", Palette::kTeal},
    {"aqua", Palette::kTeal},
    {"mint", Palette::kTeal},
    {"blue", Palette::kBlue},
    {"navy", Palette::kBlue},
    {"azure", Palette::kBlue},
    {"sky", Palette::kBlue},
    {"ocean", Palette::kBlue},
    {"sea", Palette::kBlue},
    {"purple", Palette::kPurple},
    {"violet", Palette::kPurple},
    {"lilac", Palette::kPurple},
    {"lavender", Palette::kPurple},
    {"grape", Palette::kPurple},
    {"brown", Palette::kBrown},
    {"chocolate", Palette::kBrown},
    {"grey", Palette::kGrey},
    {"gray", Palette::kGrey},
    {"silver", Palette::kGrey},
    {"black", Palette::kGrey},
    {"white", Palette::kWhite},
    {"snow", Palette::kWhite},
    {"snowy", Palette::kWhite},

    {"happy", Mood::kHappy},
    {"glad", Mood::kHappy},
    {"joy", Mood::kHappy},
    {"joyful", Mood::kHappy},
    {"cheerful", Mood::kHappy},
    {"smiling", Mood::kHappy},
    {"smile", Mood::kHappy},
    {"party", Mood::kHappy},
    {"yay", Mood::kHappy},
    {"birthday", Mood::kHappy},
    {"congratulations", Mood::kHappy},
    {"hooray", Mood::kHappy},
    {"lol", Mood::kLaughing},
    {"haha", Mood::kLaughing},
    {"funny", Mood::kLaughing},
    {"laugh", Mood::kLaughing},
    {"laughing", Mood::kLaughing},
    {"silly", Mood::kLaughing},
    {"love", Mood::kLove},
    {"loving", Mood::kLove},
    {"adore", Mood::kLove},
    {"kiss", Mood::kLove},
    {"valentine", Mood::kLove},
    {"crush", Mood::kLove},
    {"sad", Mood::kSad},
    {"cry", Mood::kSad},
    {"crying", Mood::kSad},
    {"lonely", Mood::kSad},
    {"unhappy", Mood::kSad},
    {"sorry", Mood::kSad},
    {"monday", Mood::kSad},
    {"miss", Mood::kSad},
    {"angry", Mood::kAngry},
    {"mad", Mood::kAngry},
    {"grumpy", Mood::kAngry},
    {"furious", Mood::kAngry},
    {"rage", Mood::kAngry},
    {"evil", Mood::kAngry},
    {"sleepy", Mood::kSleepy},
    {"sleep", Mood::kSleepy},
    {"sleeping", Mood::kSleepy},
    {"tired", Mood::kSleepy},
    {"night", Mood::kSleepy},
    {"lazy", Mood::kSleepy},
    {"nap", Mood::kSleepy},
    {"bored", Mood::kSleepy},
    {"surprised", Mood::kSurprised},
    {"wow", Mood::kSurprised},
    {"omg", Mood::kSurprised},
    {"shocked", Mood::kSurprised},
    {"scared", Mood::kSurprised},
    {"cool", Mood::kCool},
    {"sunglasses", Mood::kCool},
    {"awesome", Mood::kCool},
    {"boss", Mood::kCool},
    {"cyberpunk", Mood::kCool},

    {"cat", Creature::kCat},
    {"kitten", Creature::kCat},
    {"kitty", Creature::kCat},
    {"tiger", Creature::kCat},
    {"lion", Creature::kCat},
    {"dog", Creature::kDog},
    {"puppy", Creature::kDog},
    {"corgi", Creature::kDog},
    {"doggo", Creature::kDog},
    {"bear", Creature::kBear},
    {"teddy", Creature::kBear},
    {"koala", Creature::kBear},
    {"bunny", Creature::kBunny},
    {"bunnies", Creature::kBunny},
    {"rabbit", Creature::kBunny},
    {"hare", Creature::kBunny},
    {"fox", Creature::kFox},
    {"foxes", Creature::kFox},
    {"wolf", Creature::kFox},
    {"panda", Creature::kPanda},
    {"mouse", Creature::kMouse},
    {"mice", Creature::kMouse},
    {"hamster", Creature::kMouse},
    {"rat", Creature::kMouse},
    {"frog", Creature::kFrog},
    {"toad", Creature::kFrog},
    {"pig", Creature::kPig},
    {"piggy", Creature::kPig},
    {"piglet", Creature::kPig},
    {"chick", Creature::kChick},
    {"chicken", Creature::kChick},
    {"duck", Creature::kChick},
    {"bird", Creature::kChick},
    {"penguin", Creature::kPenguin},
    {"dino", Creature::kDino},
    {"dinosaur", Creature::kDino},
    {"dragon", Creature::kDino},
    {"unicorn", Creature::kUnicorn},
    {"pony", Creature::kUnicorn},
    {"ghost", Creature::kBlob},
    {"monster", Creature::kBlob},
    {"slime", Creature::kBlob},
    {"alien", Creature::kBlob},
    {"robot", Creature::kBlob},

    {"heart", Emblem::kHeart},
    {"love", Emblem::kHeart},
    {"valentine", Emblem::kHeart},
    {"thanks", Emblem::kHeart},
    {"thank", Emblem::kHeart},
    {"hug", Emblem::kHeart},
    {"star", Emblem::kStar},
    {"wow", Emblem::kStar},
    {"great", Emblem::kStar},
    {"winner", Emblem::kStar},
    {"congratulations", Emblem::kStar},
    {"sun", Emblem::kSun},
    {"sunny", Emblem::kSun},
    {"morning", Emblem::kSun},
    {"summer", Emblem::kSun},
    {"sunshine", Emblem::kSun},
    {"moon", Emblem::kMoon},
    {"night", Emblem::kMoon},
    {"dream", Emblem::kMoon},
    {"cloud", Emblem::kCloud},
    {"rain", Emblem::kCloud},
    {"weather", Emblem::kCloud},
    {"sky", Emblem::kCloud},
    {"cloudy", Emblem::kCloud},
    {"flower", Emblem::kFlower},
    {"spring", Emblem::kFlower},
    {"garden", Emblem::kFlower},
    {"daisy", Emblem::kFlower},
    {"sunflower", Emblem::kFlower},
    {"coffee", Emblem::kMug},
    {"tea", Emblem::kMug},
    {"mug", Emblem::kMug},
    {"cup", Emblem::kMug},
    {"cocoa", Emblem::kMug},
    {"espresso", Emblem::kMug},
    {"apple", Emblem::kApple},
    {"fruit", Emblem::kApple},
    {"teacher", Emblem::kApple},
    {"school", Emblem::kApple},

    {"hello", Saying{}},
    {"hi", Saying{}},
    {"hey", Saying{}},
    {"thank", Saying{}},
    {"thanks", Saying{}},
    {"bye", Saying{}},
    {"goodbye", Saying{}},
    {"lol", Saying{}},
    {"haha", Saying{}},
    {"omg", Saying{}},
    {"wow", Saying{}},
    {"yes", Saying{}},
    {"no", Saying{}},
    {"ok", Saying{}},
    {"okay", Saying{}},
    {"please", Saying{}},
    {"sorry", Saying{}},
    {"welcome", Saying{}},
    {"congratulations", Saying{}},
    {"yay", Saying{}},
    {"morning", Saying{}},
    {"oops", Saying{}},
    {"cheers", Saying{}},
    {"hooray", Saying{}},

    {"😀", Mood::kHappy},
    {"😊", Mood::kHappy},
    {"🙂", Mood::kHappy},
    {"🎉", Mood::kHappy},
    {"😂", Mood::kLaughing},
    {"🤣", Mood::kLaughing},
    {"😍", Mood::kLove},
    {"😘", Mood::kLove},
    {"❤", Emblem::kHeart},
    {"💕", Emblem::kHeart},
    {"💖", Emblem::kHeart},
    {"😢", Mood::kSad},
    {"😭", Mood::kSad},
    {"😠", Mood::kAngry},
    {"😡", Mood::kAngry},
    {"😴", Mood::kSleepy},
    {"💤", Mood::kSleepy},
    {"😮", Mood::kSurprised},
    {"😱", Mood::kSurprised},
    {"😎", Mood::kCool},
    {"🐱", Creature::kCat},
    {"🐈", Creature::kCat},
    {"🐶", Creature::kDog},
    {"🐕", Creature::kDog},
    {"🐻", Creature::kBear},
    {"🐰", Creature::kBunny},
    {"🐇", Creature::kBunny},
    {"🦊", Creature::kFox},
    {"🐼", Creature::kPanda},
    {"🐭", Creature::kMouse},
    {"🐹", Creature::kMouse},
    {"🐸", Creature::kFrog},
    {"🐷", Creature::kPig},
    {"🐥", Creature::kChick},
    {"🐤", Creature::kChick},
    {"🐧", Creature::kPenguin},
    {"🦖", Creature::kDino},
    {"🦕", Creature::kDino},
    {"🐉", Creature::kDino},
    {"🦄", Creature::kUnicorn},
    {"⭐", Emblem::kStar},
    {"🌟", Emblem::kStar},
    {"☀", Emblem::kSun},
    {"🌞", Emblem::kSun},
    {"🌙", Emblem::kMoon},
    {"☁", Emblem::kCloud},
    {"🌸", Emblem::kFlower},
    {"🌼", Emblem::kFlower},
    {"☕", Emblem::kMug},
    {"🍎", Emblem::kApple},
};

template <class T>
void keep_first(std::optional<T>& slot, T value) {
  if (!slot) slot = value;
}

/// Notes a meaning in the slot of its kind.
struct Noter {
  PromptCues& cues;

  void operator()(Palette palette) const { keep_first(cues.palette, palette); }
  void operator()(Mood mood) const { keep_first(cues.mood, mood); }
  void operator()(Creature creature) const { keep_first(cues.creature, creature); }
  void operator()(Emblem emblem) const { keep_first(cues.emblem, emblem); }
  void operator()(Saying /*saying*/) const { cues.is_saying = true; }
};

bool note(std::string_view word, PromptCues& cues) {
  bool is_known = false;
  for (const Cue& cue : kCues) {
    if (cue.word != word) continue;
    std::visit(Noter{cues}, cue.meaning);
    is_known = true;
  }
  return is_known;
}

void note_word(std::string_view word, PromptCues& cues) {
  if (word.empty() || note(word, cues)) return;
  if (word.ends_with('s')) note(word.substr(0, word.size() - 1), cues);
}

/// A character in lower case.
struct Character {
  std::string text;  ///< Empty for a byte that is not part of well-formed text, and for NUL.
  bool is_in_word = false;
  bool is_symbol = false;  ///< May mean something on its own, as emoji do.
};

/// The character at the front of `text`, which it removes.
Character take_character(std::string_view& text) {
  const gunichar c = g_utf8_get_char_validated(text.data(), static_cast<gssize>(text.size()));
  if (c > 0x10ffff || c == 0) {
    text.remove_prefix(1);
    return {};
  }
  text.remove_prefix(static_cast<std::size_t>(g_unichar_to_utf8(c, nullptr)));
  char bytes[6];
  const int size = g_unichar_to_utf8(g_unichar_tolower(c), bytes);
  const bool is_in_word = g_unichar_isalnum(c) != 0;
  return {std::string(bytes, static_cast<std::size_t>(size)), is_in_word, !is_in_word && c > 0x7f};
}

}  // namespace

PromptCues read_cues(std::string_view prompt) {
  PromptCues cues;
  std::string word;
  std::size_t words = 0;
  while (!prompt.empty() && words < kMaxWords) {
    const Character character = take_character(prompt);
    if (character.is_in_word) {
      if (word.size() < kMaxWordBytes) word += character.text;
      continue;
    }
    words += word.empty() ? 0 : 1;
    note_word(word, cues);
    word.clear();
    if (character.is_symbol) note(character.text, cues);
  }
  note_word(word, cues);
  return cues;
}

}  // namespace refrain
