// A core compiled by CXXRTL, as drive.cpp wants it.
//
// One evaluation a cycle: until commit() all registers hold their old state, so what the evaluation of the rising edge
// leaves on the outputs is what that edge samples. No register listens to the falling edge, which is set by hand. With
// DELTA_CYCLES the low phase is evaluated as well, until nothing changes.
//
// Memory images are read when the core is made, into the memories whose attribute hwgen_image names them: as constants of
// the generated code, large ones would take the compiler minutes and gigabytes.
//
// Macros: CORE_SOURCE, the generated file; CORE, its top struct; INPUT, OUTPUT and, where there is one, WEIGHTS: the
// mangled prefixes of the streams (p_s__axis for s_axis); COUNTERS: the counters, as members of `top`.

#define CXXRTL_NDEBUG  // a read out of a memory's range gives zero: the schedule reads words that it then ignores
#include <cxxrtl/cxxrtl.h>

#ifndef DELTA_CYCLES
// The generated code, in this namespace, finds these before the library's classes of the same names.
namespace cxxrtl_design {

// Copies without looking whether anything changed, which no branch predictor foresees.
template <size_t Bits> struct wire : cxxrtl::wire<Bits> {
    using cxxrtl::wire<Bits>::wire;
    template <class Observer> bool commit(Observer &) {
        this->curr = this->next;
        return false;
    }
};

// Leaves writes without an enabled bit away, before anything is called: most memories write in few cycles.
template <size_t Width> struct memory : cxxrtl::memory<Width> {
    using cxxrtl::memory<Width>::memory;
    [[gnu::always_inline]] void update(
        size_t index, const cxxrtl::value<Width> &value, const cxxrtl::value<Width> &mask, int priority = 0) {
        if (!mask.is_zero()) cxxrtl::memory<Width>::update(index, value, mask, priority);
    }
};

}  // namespace cxxrtl_design
#endif

#include CORE_SOURCE

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>
#include <fstream>
#include <string>

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

constexpr int EXIT_LOOP = 5, EXIT_IMAGE = 6, MOST_DELTAS = 1000;

class Core {
    cxxrtl_design::CORE top;

    [[noreturn]] static void refuse(const std::string &name, const char *what) {
        std::fprintf(stderr, "%s %s\n", name.c_str(), what);
        std::exit(EXIT_IMAGE);
    }

    // A file of hexadecimal words, one a line, into a memory of that many words.
    static void read_image(const std::string &name, const cxxrtl::debug_item &memory) {
        constexpr size_t DIGITS = 8;  // of a chunk
        std::ifstream file(name);
        if (!file) refuse(name, "cannot be read");
        const size_t chunks = (memory.width + 31) / 32;
        std::string line;
        for (size_t word = 0; word < memory.depth; word++) {
            if (!std::getline(file, line) || line.empty() || line.size() > (memory.width + 3) / 4)
                refuse(name, "does not hold the memory's words");
            size_t end = line.size();
            for (size_t chunk = 0; chunk < chunks; chunk++) {
                const size_t begin = end > DIGITS ? end - DIGITS : 0;
                const std::string digits = line.substr(begin, end - begin);
                memory.curr[word * chunks + chunk] = uint32_t(std::strtoul(digits.c_str(), nullptr, 16));
                end = begin;
            }
        }
        if (std::getline(file, line)) refuse(name, "holds more words than the memory");
    }

    void read_images() {
        cxxrtl::debug_items items;
        top.debug_info(&items, nullptr, "");
        for (const auto &[path, parts] : items.table) {
            const auto &attributes = items.attrs(path);
            const auto image = attributes.find("hwgen_image");
            if (image == attributes.end() || image->second.value_type != cxxrtl::metadata::STRING) continue;
            if (image->second.as_string().empty()) continue;
            for (const auto &part : parts)
                if (part.type == cxxrtl::debug_item::MEMORY) read_image(image->second.as_string(), part);
        }
    }

    static void loop() {
        std::fprintf(stderr, "a combinational loop never settles\n");
        std::exit(EXIT_LOOP);
    }

    // An unbuffered output is a value, a registered one a wire whose `curr` is the value.
    template <size_t Bits> static const uint32_t *words(const cxxrtl::value<Bits> &port) { return port.data; }
    template <size_t Bits> static const uint32_t *words(const cxxrtl::wire<Bits> &port) { return port.curr.data; }
    template <class Port> static bool bit(const Port &port) { return words(port)[0] & 1; }

    template <class... Ports> static std::vector<uint64_t> read(const Ports &...ports) { return {words(ports)[0]...}; }

    template <size_t Bits> static void set(cxxrtl::value<Bits> &port, const uint8_t *beat) {
        std::memcpy(port.data, beat, Bits / 8);
    }
    template <size_t Bits> static void get(const cxxrtl::value<Bits> &port, uint8_t *beat) {
        std::memcpy(beat, words(port), Bits / 8);
    }
    template <size_t Bits> static void get(const cxxrtl::wire<Bits> &port, uint8_t *beat) {
        std::memcpy(beat, words(port), Bits / 8);
    }

  public:
    Core() { read_images(); }

    // A stream without a beat to offer gets a null pointer.
    void set_input(const uint8_t *beat) {
        top.JOIN(INPUT, __tvalid).data[0] = beat != nullptr;
        if (beat) set(top.JOIN(INPUT, __tdata), beat);
    }
    bool input_ready() const { return bit(top.JOIN(INPUT, __tready)); }

#ifdef WEIGHTS
    void set_weights(const uint8_t *beat) {
        top.JOIN(WEIGHTS, __tvalid).data[0] = beat != nullptr;
        if (beat) set(top.JOIN(WEIGHTS, __tdata), beat);
    }
    bool weights_ready() const { return bit(top.JOIN(WEIGHTS, __tready)); }
#else
    void set_weights(const uint8_t *) {}
    bool weights_ready() const { return false; }
#endif

    bool output_valid() const { return bit(top.JOIN(OUTPUT, __tvalid)); }
    bool output_last() const { return bit(top.JOIN(OUTPUT, __tlast)); }
    void get_output(uint8_t *beat) const { get(top.JOIN(OUTPUT, __tdata), beat); }
    bool frame_start() const { return bit(top.p_frame__start); }
    bool layer_done() const { return bit(top.p_layer__done); }
    std::vector<uint64_t> counters() const { return read(COUNTERS); }

#ifdef DELTA_CYCLES
    // The low phase: inputs reach every combinational output.
    void settle() {
        top.p_aclk.data[0] = 0;
        for (int deltas = 0; deltas < MOST_DELTAS; deltas++) {
            const bool converged = top.eval();
            if (!top.commit() || converged) return;
        }
        loop();
    }
    // The rising edge. What follows from the new state is settled by the next low phase.
    void clock() {
        top.p_aclk.data[0] = 1;
        top.eval();
        top.commit();
    }
#else
    // Inputs reach every output; the registers' next state is computed.
    void settle() {
        top.prev_p_aclk.data[0] = 0;
        top.p_aclk.data[0] = 1;
        if (!top.eval()) loop();
    }
    // The rising edge: registers and memories take their next state.
    void clock() { top.commit(); }
#endif
    void reset(int cycles) {
        top.JOIN(OUTPUT, __tready).data[0] = 1;
        top.p_aresetn.data[0] = 0;
        for (int k = 0; k < cycles; k++) {
            settle();
            clock();
        }
        top.p_aresetn.data[0] = 1;
    }
};
