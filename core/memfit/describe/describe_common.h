#pragma once

#include <string>
#include <string_view>

#include "memfit/documents/documents.h"
#include "memfit/report/report.h"

namespace memfit {

/// Good for a survivor, bad for what was too small, faint for what says nothing.
[[nodiscard]] Tone toneOf(Outcome outcome);

/// An outcome as people say it: `OOM-killed`.
[[nodiscard]] std::string_view words(Outcome outcome);

/// `sales-api: OOM edge`.
[[nodiscard]] std::string titleOf(const Header& header, std::string_view what);

/// What a reader has to know before any figure.
void addFirst(Report& report, const Header& header);

/// That it is partial, and its warnings.
void addHeaderNotes(Report& report, const Header& header);

/// When, where and with which load it was measured, as far as that is known, for pages.
void addMeasurement(Report& report, const Header& header);

/// How it was measured, and the commands that measure it again, for pages.
void addReproduction(Report& report, const Header& header, std::string commands);

}  // namespace memfit
