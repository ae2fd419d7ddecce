// ECP5: multipliers are MULT18X18D with their own registers, which neither Yosys nor nextpnr packs.
// Operands stand at the top of the 18-bit ports, so that short ones leave constant wires at the bottom.
// verilator lint_off DECLFILENAME
`define HWGEN_DSP_BITS 18
`define HWGEN_CHUNK_BITS 18
`define HWGEN_LUT_ROWS 8

// One product in one block; latency 2 (operands, product) or 3 (operands, pipeline, product).
module hwgen_dsp #(
    parameter A_BITS = 18,
    parameter B_BITS = 18,
    parameter A_SIGNED = 1,
    parameter B_SIGNED = 1,
    parameter LATENCY = 2
) (
    input  wire                     clk,
    input  wire [A_BITS-1:0]        a,
    input  wire [B_BITS-1:0]        b,
    output wire [A_BITS+B_BITS-1:0] p
);
    wire [17:0] x, y;
    // verilator lint_off UNUSEDSIGNAL
    wire [35:0] q;  // zeros below the product
    // verilator lint_on UNUSEDSIGNAL
    genvar i;
    generate
        for (i = 0; i < 18; i = i + 1) begin : place
            if (i >= 18 - A_BITS) begin : a_bit
                assign x[i] = a[i-18+A_BITS];
            end else begin : a_fill
                assign x[i] = 1'b0;
            end
            if (i >= 18 - B_BITS) begin : b_bit
                assign y[i] = b[i-18+B_BITS];
            end else begin : b_fill
                assign y[i] = 1'b0;
            end
        end
    endgenerate
    assign p = q[36-A_BITS-B_BITS +: A_BITS+B_BITS];

    MULT18X18D #(
        .REG_INPUTA_CLK("CLK0"), .REG_INPUTA_CE("CE0"), .REG_INPUTA_RST("RST0"),
        .REG_INPUTB_CLK("CLK0"), .REG_INPUTB_CE("CE0"), .REG_INPUTB_RST("RST0"),
        .REG_PIPELINE_CLK((LATENCY == 3) ? "CLK0" : "NONE"), .REG_PIPELINE_CE("CE0"), .REG_PIPELINE_RST("RST0"),
        .REG_OUTPUT_CLK("CLK0"), .REG_OUTPUT_CE("CE0"), .REG_OUTPUT_RST("RST0")
    ) mult (
        .CLK0(clk), .CLK1(1'b0), .CLK2(1'b0), .CLK3(1'b0), .CE0(1'b1), .CE1(1'b1), .CE2(1'b1), .CE3(1'b1),
        .RST0(1'b0), .RST1(1'b0), .RST2(1'b0), .RST3(1'b0),
        .SIGNEDA(A_SIGNED != 0), .SIGNEDB(B_SIGNED != 0), .SOURCEA(1'b0), .SOURCEB(1'b0),
        .A17(x[17]), .A16(x[16]), .A15(x[15]), .A14(x[14]), .A13(x[13]), .A12(x[12]),
        .A11(x[11]), .A10(x[10]), .A9(x[9]), .A8(x[8]), .A7(x[7]), .A6(x[6]),
        .A5(x[5]), .A4(x[4]), .A3(x[3]), .A2(x[2]), .A1(x[1]), .A0(x[0]),
        .B17(y[17]), .B16(y[16]), .B15(y[15]), .B14(y[14]), .B13(y[13]), .B12(y[12]),
        .B11(y[11]), .B10(y[10]), .B9(y[9]), .B8(y[8]), .B7(y[7]), .B6(y[6]),
        .B5(y[5]), .B4(y[4]), .B3(y[3]), .B2(y[2]), .B1(y[1]), .B0(y[0]),
        .C17(1'b0), .C16(1'b0), .C15(1'b0), .C14(1'b0), .C13(1'b0), .C12(1'b0),
        .C11(1'b0), .C10(1'b0), .C9(1'b0), .C8(1'b0), .C7(1'b0), .C6(1'b0),
        .C5(1'b0), .C4(1'b0), .C3(1'b0), .C2(1'b0), .C1(1'b0), .C0(1'b0),
        .P35(q[35]), .P34(q[34]), .P33(q[33]), .P32(q[32]), .P31(q[31]), .P30(q[30]),
        .P29(q[29]), .P28(q[28]), .P27(q[27]), .P26(q[26]), .P25(q[25]), .P24(q[24]),
        .P23(q[23]), .P22(q[22]), .P21(q[21]), .P20(q[20]), .P19(q[19]), .P18(q[18]),
        .P17(q[17]), .P16(q[16]), .P15(q[15]), .P14(q[14]), .P13(q[13]), .P12(q[12]),
        .P11(q[11]), .P10(q[10]), .P9(q[9]), .P8(q[8]), .P7(q[7]), .P6(q[6]),
        .P5(q[5]), .P4(q[4]), .P3(q[3]), .P2(q[2]), .P1(q[1]), .P0(q[0])
    );
endmodule

// LANES sums (first ? 0 : a) + b, signed, no longer than a, latency 0: `first` is an input of the carry chain's LUTs.
module hwgen_sum_lanes #(
    parameter LANES = 1,
    parameter A_BITS = 24,
    parameter B_BITS = 16
) (
    input  wire                    first,
    input  wire [LANES*A_BITS-1:0] a,
    input  wire [LANES*B_BITS-1:0] b,
    output wire [LANES*A_BITS-1:0] s
);
    localparam PAIRS = (A_BITS + 1) / 2;
    // INIT: (A & ~C) ^ B where D is 1; the lowest four bits, B, are the carry where both addends are the same.
    localparam [15:0] SUM = 16'hC6CC;
    genvar l, i;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            wire [2*PAIRS-1:0] x, y;
            // verilator lint_off UNUSEDSIGNAL
            wire [2*PAIRS-1:0] z;  // a bit above an odd sum
            wire [PAIRS:0] carry;
            // verilator lint_on UNUSEDSIGNAL
            for (i = 0; i < 2 * PAIRS; i = i + 1) begin : extend
                assign x[i] = a[l*A_BITS + ((i < A_BITS) ? i : A_BITS - 1)];
                assign y[i] = b[l*B_BITS + ((i < B_BITS) ? i : B_BITS - 1)];
            end
            assign carry[0] = 1'b0;
            for (i = 0; i < PAIRS; i = i + 1) begin : pair
                CCU2C #(.INIT0(SUM), .INIT1(SUM), .INJECT1_0("NO"), .INJECT1_1("NO")) add (
                    .CIN(carry[i]), .COUT(carry[i+1]),
                    .A0(x[2*i]), .B0(y[2*i]), .C0(first), .D0(1'b1), .S0(z[2*i]),
                    .A1(x[2*i+1]), .B1(y[2*i+1]), .C1(first), .D1(1'b1), .S1(z[2*i+1])
                );
            end
            assign s[l*A_BITS +: A_BITS] = z[A_BITS-1:0];
        end
    endgenerate
endmodule

// LANES sums or differences a + (subtract ? -b' : b') with b' = take ? b : 0, modulo 2^BITS, latency 0: both controls
// are inputs of the carry chain's LUTs, and the chain's first bit makes the carry of the two's complement.
module hwgen_addsub_lanes #(
    parameter LANES = 1,
    parameter BITS = 10
) (
    input  wire                  subtract,
    input  wire                  take,
    input  wire [LANES*BITS-1:0] a,
    input  wire [LANES*BITS-1:0] b,
    output wire [LANES*BITS-1:0] s
);
    // INIT: A ^ (D ? B : 0) ^ C; the lowest four bits, A, are the carry where both addends are the same.
    localparam [15:0] ADDSUB = 16'h965A;
    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            hwgen_chain #(.BITS(BITS), .INIT(ADDSUB)) chain (
                .carry(subtract), .a(a[l*BITS +: BITS]), .b(b[l*BITS +: BITS]), .c({BITS{subtract}}), .d(take),
                .s(s[l*BITS +: BITS])
            );
        end
    endgenerate
endmodule

// LANES sums a + (second ? c : b) + carry modulo 2^BITS, with INVERTED ~a instead of a; latency 0: choice and inversion
// are in the carry chain's LUTs.
module hwgen_sum_either_lanes #(
    parameter LANES = 1,
    parameter BITS = 10,
    parameter INVERTED = 0
) (
    input  wire                  second,
    input  wire                  carry,
    input  wire [LANES*BITS-1:0] a,
    input  wire [LANES*BITS-1:0] b,
    input  wire [LANES*BITS-1:0] c,
    output wire [LANES*BITS-1:0] s
);
    // INIT: A ^ (D ? B : C), or its inverse; the lowest four bits, A or ~A, are the carry where both addends are the same.
    localparam [15:0] EITHER = (INVERTED != 0) ? 16'h99A5 : 16'h665A;
    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            hwgen_chain #(.BITS(BITS), .INIT(EITHER)) chain (
                .carry(carry), .a(a[l*BITS +: BITS]), .b(c[l*BITS +: BITS]), .c(b[l*BITS +: BITS]), .d(second),
                .s(s[l*BITS +: BITS])
            );
        end
    endgenerate
endmodule

// A carry chain behind LUTs of a, b, c and d (INIT), whose lowest four bits are the carry where both addends are the
// same; below its first bit there is one that makes the carry in.
module hwgen_chain #(
    parameter BITS = 10,
    parameter [15:0] INIT = 16'h96AA
) (
    input  wire            carry,
    input  wire [BITS-1:0] a,
    input  wire [BITS-1:0] b,
    input  wire [BITS-1:0] c,
    input  wire            d,
    output wire [BITS-1:0] s
);
    localparam PAIRS = (BITS + 2) / 2;
    localparam [15:0] CARRY = 16'h000A;
    wire [2*PAIRS-1:0] v, w, x;
    // verilator lint_off UNUSEDSIGNAL
    wire [2*PAIRS-1:0] z;  // the carry's bit, and one above an even sum
    wire [PAIRS:0] pass;
    // verilator lint_on UNUSEDSIGNAL
    genvar i;
    generate
        if (2 * PAIRS > BITS + 1) begin : even
            assign {v, w, x} = {1'b0, a, carry, 1'b0, b, 1'b0, 1'b0, c, 1'b0};
        end else begin : odd
            assign {v, w, x} = {a, carry, b, 1'b0, c, 1'b0};
        end
        assign pass[0] = 1'b0;
        for (i = 0; i < PAIRS; i = i + 1) begin : pair
            CCU2C #(
                .INIT0((i == 0) ? CARRY : INIT), .INIT1(INIT), .INJECT1_0("NO"), .INJECT1_1("NO")
            ) add (
                .CIN(pass[i]), .COUT(pass[i+1]),
                .A0(v[2*i]), .B0(w[2*i]), .C0(x[2*i]), .D0((i == 0) ? 1'b1 : d), .S0(z[2*i]),
                .A1(v[2*i+1]), .B1(w[2*i+1]), .C1(x[2*i+1]), .D1(d), .S1(z[2*i+1])
            );
        end
    endgenerate
    assign s = z[BITS:1];
endmodule
