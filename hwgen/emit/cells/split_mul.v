// hwgen_mul on multiplier blocks of limited width: the operands are cut into chunks, each pair of chunks takes one block,
// or partial products in LUTs where one chunk is short and BLOCKS are used up. The family's file defines
//   HWGEN_DSP_BITS    width of the block's signed operands
//   HWGEN_CHUNK_BITS  widest unsigned operand the block takes
//   HWGEN_LUT_ROWS    up to so many partial products are cheaper than a block
// and hwgen_dsp.

// One signed product as two addends, a*b = p + q, b signed or not; latency 3: operands, products of chunks, their sums.
module hwgen_mul #(
    parameter A_BITS = 16,
    parameter B_BITS = 16,
    parameter B_SIGNED = 1,
    parameter BLOCKS = 0        // so many pairs of chunks, the first ones, take a block whatever they cost in LUTs
) (
    input  wire                     clk,
    input  wire [A_BITS-1:0]        a,
    input  wire [B_BITS-1:0]        b,
    output wire [A_BITS+B_BITS-1:0] p,
    output wire [A_BITS+B_BITS-1:0] q
);
    localparam P_BITS = A_BITS + B_BITS;
    localparam CHUNK = `HWGEN_CHUNK_BITS;
    localparam A_CHUNKS = (A_BITS <= `HWGEN_DSP_BITS) ? 1 : 1 + (A_BITS - `HWGEN_DSP_BITS + CHUNK - 1) / CHUNK;
    localparam B_WHOLE = (B_SIGNED != 0) ? `HWGEN_DSP_BITS : CHUNK;
    localparam B_CHUNKS = (B_BITS <= B_WHOLE) ? 1 : 1 + (B_BITS - B_WHOLE + CHUNK - 1) / CHUNK;
    localparam PARTS = A_CHUNKS * B_CHUNKS;
    localparam TERMS = 4 * PARTS;
    genvar i, j;
    generate
        if (PARTS == 1) begin : whole
            hwgen_dsp #(.A_BITS(A_BITS), .B_BITS(B_BITS), .A_SIGNED(1), .B_SIGNED(B_SIGNED), .LATENCY(3))
                dsp (.clk(clk), .a(a), .b(b), .p(p));
            assign q = {P_BITS{1'b0}};
        end else begin : split
            wire [TERMS*P_BITS-1:0] terms;
            for (i = 0; i < A_CHUNKS; i = i + 1) begin : row
                for (j = 0; j < B_CHUNKS; j = j + 1) begin : column
                    hwgen_mul_part #(
                        .A_BITS((i == A_CHUNKS - 1) ? A_BITS - i * CHUNK : CHUNK),
                        .B_BITS((j == B_CHUNKS - 1) ? B_BITS - j * CHUNK : CHUNK),
                        .A_SIGNED(i == A_CHUNKS - 1),
                        .B_SIGNED((j == B_CHUNKS - 1) ? B_SIGNED : 0),
                        .SHIFT((i + j) * CHUNK),
                        .P_BITS(P_BITS),
                        .IN_BLOCK(i * B_CHUNKS + j < BLOCKS),
                        .SLOT((i + j) % 2)
                    ) part (
                        .clk(clk),
                        .a(a[((i == A_CHUNKS - 1) ? A_BITS : (i + 1) * CHUNK) - 1 : i * CHUNK]),
                        .b(b[((j == B_CHUNKS - 1) ? B_BITS : (j + 1) * CHUNK) - 1 : j * CHUNK]),
                        .terms(terms[4 * (i * B_CHUNKS + j) * P_BITS +: 4 * P_BITS])
                    );
                end
            end
            // Every second term goes into the same sum; neighbouring parts begin with different ones.
            reg [P_BITS-1:0] even, odd, even_r, odd_r;
            integer t;
            always @* begin
                even = {P_BITS{1'b0}};
                odd = {P_BITS{1'b0}};
                for (t = 0; t < TERMS; t = t + 2) begin
                    even = even + terms[t*P_BITS +: P_BITS];
                    odd = odd + terms[(t+1)*P_BITS +: P_BITS];
                end
            end
            always @(posedge clk) begin
                even_r <= even;
                odd_r <= odd;
            end
            assign p = even_r;
            assign q = odd_r;
        end
    endgenerate
endmodule

// The product of two chunks as four terms of the whole product, latency 2; a block has one and zeros. The first term
// is number SLOT, 0 or 1.
module hwgen_mul_part #(
    parameter A_BITS = 2,
    parameter B_BITS = 16,
    parameter A_SIGNED = 1,
    parameter B_SIGNED = 1,
    parameter SHIFT = 0,
    parameter P_BITS = 18,
    parameter IN_BLOCK = 0,
    parameter SLOT = 0
) (
    input  wire                clk,
    input  wire [A_BITS-1:0]   a,
    input  wire [B_BITS-1:0]   b,
    output wire [4*P_BITS-1:0] terms
);
    localparam Q_BITS = A_BITS + B_BITS;
    // One or two rows are a single term anyway.
    localparam LUT_ROWS = (IN_BLOCK != 0) ? 2 : `HWGEN_LUT_ROWS;
    generate
        if (A_BITS <= LUT_ROWS) begin : rows_of_a
            hwgen_mul_rows #(.S_BITS(A_BITS), .S_SIGNED(A_SIGNED), .Y_BITS(B_BITS), .Y_SIGNED(B_SIGNED),
                             .SHIFT(SHIFT), .P_BITS(P_BITS), .SLOT(SLOT))
                rows (.clk(clk), .s(a), .y(b), .terms(terms));
        end else if (B_BITS <= LUT_ROWS) begin : rows_of_b
            hwgen_mul_rows #(.S_BITS(B_BITS), .S_SIGNED(B_SIGNED), .Y_BITS(A_BITS), .Y_SIGNED(A_SIGNED),
                             .SHIFT(SHIFT), .P_BITS(P_BITS), .SLOT(SLOT))
                rows (.clk(clk), .s(b), .y(a), .terms(terms));
        end else begin : block
            wire [Q_BITS-1:0] q;
            hwgen_dsp #(.A_BITS(A_BITS), .B_BITS(B_BITS), .A_SIGNED(A_SIGNED), .B_SIGNED(B_SIGNED), .LATENCY(2))
                dsp (.clk(clk), .a(a), .b(b), .p(q));
            wire fill = (A_SIGNED != 0 || B_SIGNED != 0) ? q[Q_BITS-1] : 1'b0;
            wire [P_BITS-1:0] term;
            if (P_BITS == Q_BITS + SHIFT) begin : top
                assign term = {q, {SHIFT{1'b0}}};
                wire unused = fill;
            end else if (SHIFT == 0) begin : bottom
                assign term = {{P_BITS-Q_BITS{fill}}, q};
            end else begin : middle
                assign term = {{P_BITS-Q_BITS-SHIFT{fill}}, q, {SHIFT{1'b0}}};
            end
            assign terms = (SLOT != 0) ? {{2*P_BITS{1'b0}}, term, {P_BITS{1'b0}}} : {{3*P_BITS{1'b0}}, term};
        end
    endgenerate
endmodule

// Partial products of a short operand s, in LUTs: of each pair of its bits one sum, the first one in SLOT; latency 2.
module hwgen_mul_rows #(
    parameter S_BITS = 2,
    parameter S_SIGNED = 1,
    parameter Y_BITS = 16,
    parameter Y_SIGNED = 1,
    parameter SHIFT = 0,
    parameter P_BITS = 18,
    parameter SLOT = 0
) (
    input  wire                clk,
    input  wire [S_BITS-1:0]   s,
    input  wire [Y_BITS-1:0]   y,
    output reg  [4*P_BITS-1:0] terms
);
    reg [S_BITS-1:0] s_r;
    reg [Y_BITS-1:0] y_r;
    wire [P_BITS-1:0] wide = {{P_BITS-Y_BITS{(Y_SIGNED != 0) & y_r[Y_BITS-1]}}, y_r};
    reg [4*P_BITS-1:0] sums;
    integer k;
    always @* begin
        sums = {4*P_BITS{1'b0}};
        for (k = 0; k < S_BITS; k = k + 1) begin
            if (s_r[k]) begin
                if (S_SIGNED != 0 && k == S_BITS - 1)
                    sums[((k/2)^SLOT)*P_BITS +: P_BITS] = sums[((k/2)^SLOT)*P_BITS +: P_BITS] - (wide << (k + SHIFT));
                else
                    sums[((k/2)^SLOT)*P_BITS +: P_BITS] = sums[((k/2)^SLOT)*P_BITS +: P_BITS] + (wide << (k + SHIFT));
            end
        end
    end
    always @(posedge clk) begin
        s_r   <= s;
        y_r   <= y;
        terms <= sums;
    end
endmodule
