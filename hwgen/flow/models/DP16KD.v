// DP16KD as far as Yosys' mapping uses it: reads and writes on rising edges, never reset, always selected, in every width;
// a read in a cycle in which its address is written gives an unspecified word. The wide form (36 bits, port A writes and
// port B reads) has its lower half on the outputs of port A. After Lattice FPGA-TN-02204 (ECP5 memory usage guide):
// DP16KD, its output registers REGMODE_A, REGMODE_B, and where INITVAL holds which word.
module DP16KD #(
    parameter DATA_WIDTH_A = 18, parameter DATA_WIDTH_B = 18, parameter REGMODE_A = "NOREG",
    parameter REGMODE_B = "NOREG", parameter RESETMODE = "SYNC", parameter ASYNC_RESET_RELEASE = "SYNC",
    parameter CSDECODE_A = "0b000", parameter CSDECODE_B = "0b000", parameter WRITEMODE_A = "NORMAL",
    parameter WRITEMODE_B = "NORMAL", parameter GSR = "ENABLED", parameter CLKAMUX = "CLKA",
    parameter CLKBMUX = "CLKB",
    parameter [319:0] INITVAL_00 = 0, parameter [319:0] INITVAL_01 = 0, parameter [319:0] INITVAL_02 = 0, parameter
    [319:0] INITVAL_03 = 0, parameter [319:0] INITVAL_04 = 0, parameter [319:0] INITVAL_05 = 0, parameter [319:0]
    INITVAL_06 = 0, parameter [319:0] INITVAL_07 = 0, parameter [319:0] INITVAL_08 = 0, parameter [319:0] INITVAL_09
    = 0, parameter [319:0] INITVAL_0A = 0, parameter [319:0] INITVAL_0B = 0, parameter [319:0] INITVAL_0C = 0,
    parameter [319:0] INITVAL_0D = 0, parameter [319:0] INITVAL_0E = 0, parameter [319:0] INITVAL_0F = 0, parameter
    [319:0] INITVAL_10 = 0, parameter [319:0] INITVAL_11 = 0, parameter [319:0] INITVAL_12 = 0, parameter [319:0]
    INITVAL_13 = 0, parameter [319:0] INITVAL_14 = 0, parameter [319:0] INITVAL_15 = 0, parameter [319:0] INITVAL_16
    = 0, parameter [319:0] INITVAL_17 = 0, parameter [319:0] INITVAL_18 = 0, parameter [319:0] INITVAL_19 = 0,
    parameter [319:0] INITVAL_1A = 0, parameter [319:0] INITVAL_1B = 0, parameter [319:0] INITVAL_1C = 0, parameter
    [319:0] INITVAL_1D = 0, parameter [319:0] INITVAL_1E = 0, parameter [319:0] INITVAL_1F = 0, parameter [319:0]
    INITVAL_20 = 0, parameter [319:0] INITVAL_21 = 0, parameter [319:0] INITVAL_22 = 0, parameter [319:0] INITVAL_23
    = 0, parameter [319:0] INITVAL_24 = 0, parameter [319:0] INITVAL_25 = 0, parameter [319:0] INITVAL_26 = 0,
    parameter [319:0] INITVAL_27 = 0, parameter [319:0] INITVAL_28 = 0, parameter [319:0] INITVAL_29 = 0, parameter
    [319:0] INITVAL_2A = 0, parameter [319:0] INITVAL_2B = 0, parameter [319:0] INITVAL_2C = 0, parameter [319:0]
    INITVAL_2D = 0, parameter [319:0] INITVAL_2E = 0, parameter [319:0] INITVAL_2F = 0, parameter [319:0] INITVAL_30
    = 0, parameter [319:0] INITVAL_31 = 0, parameter [319:0] INITVAL_32 = 0, parameter [319:0] INITVAL_33 = 0,
    parameter [319:0] INITVAL_34 = 0, parameter [319:0] INITVAL_35 = 0, parameter [319:0] INITVAL_36 = 0, parameter
    [319:0] INITVAL_37 = 0, parameter [319:0] INITVAL_38 = 0, parameter [319:0] INITVAL_39 = 0, parameter [319:0]
    INITVAL_3A = 0, parameter [319:0] INITVAL_3B = 0, parameter [319:0] INITVAL_3C = 0, parameter [319:0] INITVAL_3D
    = 0, parameter [319:0] INITVAL_3E = 0, parameter [319:0] INITVAL_3F = 0
) (
    input DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2,
    DIA1, DIA0, ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0, CEA, OCEA,
    CLKA, WEA, RSTA, CSA2, CSA1, CSA0, DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7,
    DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0, ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3,
    ADB2, ADB1, ADB0, CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2,
    DOA1, DOA0, DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3,
    DOB2, DOB1, DOB0
);
    wire [17:0] d_a = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4,
    DIA3, DIA2, DIA1, DIA0};
    wire [13:0] at_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
    wire [17:0] d_b = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4,
    DIB3, DIB2, DIB1, DIB0};
    wire [13:0] at_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};
    localparam WIDE = (DATA_WIDTH_A == 36);
    // The bits of an 18-bit word that a port writes, and its data where they are.
    function [17:0] mask(input integer width, input [13:0] at);
        case (width)
            1: mask = 18'd1 << (9 * at[3] + at[2:0]);
            2: mask = 18'd3 << (9 * at[3] + {at[2:1], 1'b0});
            4: mask = 18'd15 << (9 * at[3] + {at[2], 2'b0});
            9: mask = 18'd511 << (9 * at[3]);
            default: mask = {{9{at[1]}}, {9{at[0]}}};
        endcase
    endfunction
    function [17:0] spread(input integer width, input [17:0] d);
        case (width)
            1: spread = {2{1'b0, {8{d[0]}}}};
            2: spread = {2{1'b0, {4{d[1:0]}}}};
            4: spread = {2{1'b0, {2{d[3:0]}}}};
            9: spread = {2{d[8:0]}};
            default: spread = d;
        endcase
    endfunction
    function [17:0] picked(input integer width, input [13:0] at, input [17:0] word);
        case (width)
            1: picked = (word >> (9 * at[3] + at[2:0])) & 18'd1;
            2: picked = (word >> (9 * at[3] + {at[2:1], 1'b0})) & 18'd3;
            4: picked = (word >> (9 * at[3] + {at[2], 2'b0})) & 18'd15;
            9: picked = (word >> (9 * at[3])) & 18'd511;
            default: picked = word;
        endcase
    endfunction

    reg [17:0] read_a = 0, read_b = 0, kept_a = 0, kept_b = 0;
    wire [17:0] m_a = mask(DATA_WIDTH_A, at_a), m_b = mask(DATA_WIDTH_B, at_b);
    wire [17:0] s_a = spread(DATA_WIDTH_A, d_a), s_b = spread(DATA_WIDTH_B, d_b);
    wire [17:0] upper = {{9{at_a[3]}}, {9{at_a[2]}}};
    generate
        if (WIDE) begin : wide
            reg [17:0] low [0:511], high [0:511];
            integer i;
            initial for (i = 0; i < 8; i = i + 1) begin
                low[0 + i] = INITVAL_00[40 * i +: 18]; high[0 + i] = INITVAL_00[40 * i + 20 +: 18];
                low[8 + i] = INITVAL_01[40 * i +: 18]; high[8 + i] = INITVAL_01[40 * i + 20 +: 18];
                low[16 + i] = INITVAL_02[40 * i +: 18]; high[16 + i] = INITVAL_02[40 * i + 20 +: 18];
                low[24 + i] = INITVAL_03[40 * i +: 18]; high[24 + i] = INITVAL_03[40 * i + 20 +: 18];
                low[32 + i] = INITVAL_04[40 * i +: 18]; high[32 + i] = INITVAL_04[40 * i + 20 +: 18];
                low[40 + i] = INITVAL_05[40 * i +: 18]; high[40 + i] = INITVAL_05[40 * i + 20 +: 18];
                low[48 + i] = INITVAL_06[40 * i +: 18]; high[48 + i] = INITVAL_06[40 * i + 20 +: 18];
                low[56 + i] = INITVAL_07[40 * i +: 18]; high[56 + i] = INITVAL_07[40 * i + 20 +: 18];
                low[64 + i] = INITVAL_08[40 * i +: 18]; high[64 + i] = INITVAL_08[40 * i + 20 +: 18];
                low[72 + i] = INITVAL_09[40 * i +: 18]; high[72 + i] = INITVAL_09[40 * i + 20 +: 18];
                low[80 + i] = INITVAL_0A[40 * i +: 18]; high[80 + i] = INITVAL_0A[40 * i + 20 +: 18];
                low[88 + i] = INITVAL_0B[40 * i +: 18]; high[88 + i] = INITVAL_0B[40 * i + 20 +: 18];
                low[96 + i] = INITVAL_0C[40 * i +: 18]; high[96 + i] = INITVAL_0C[40 * i + 20 +: 18];
                low[104 + i] = INITVAL_0D[40 * i +: 18]; high[104 + i] = INITVAL_0D[40 * i + 20 +: 18];
                low[112 + i] = INITVAL_0E[40 * i +: 18]; high[112 + i] = INITVAL_0E[40 * i + 20 +: 18];
                low[120 + i] = INITVAL_0F[40 * i +: 18]; high[120 + i] = INITVAL_0F[40 * i + 20 +: 18];
                low[128 + i] = INITVAL_10[40 * i +: 18]; high[128 + i] = INITVAL_10[40 * i + 20 +: 18];
                low[136 + i] = INITVAL_11[40 * i +: 18]; high[136 + i] = INITVAL_11[40 * i + 20 +: 18];
                low[144 + i] = INITVAL_12[40 * i +: 18]; high[144 + i] = INITVAL_12[40 * i + 20 +: 18];
                low[152 + i] = INITVAL_13[40 * i +: 18]; high[152 + i] = INITVAL_13[40 * i + 20 +: 18];
                low[160 + i] = INITVAL_14[40 * i +: 18]; high[160 + i] = INITVAL_14[40 * i + 20 +: 18];
                low[168 + i] = INITVAL_15[40 * i +: 18]; high[168 + i] = INITVAL_15[40 * i + 20 +: 18];
                low[176 + i] = INITVAL_16[40 * i +: 18]; high[176 + i] = INITVAL_16[40 * i + 20 +: 18];
                low[184 + i] = INITVAL_17[40 * i +: 18]; high[184 + i] = INITVAL_17[40 * i + 20 +: 18];
                low[192 + i] = INITVAL_18[40 * i +: 18]; high[192 + i] = INITVAL_18[40 * i + 20 +: 18];
                low[200 + i] = INITVAL_19[40 * i +: 18]; high[200 + i] = INITVAL_19[40 * i + 20 +: 18];
                low[208 + i] = INITVAL_1A[40 * i +: 18]; high[208 + i] = INITVAL_1A[40 * i + 20 +: 18];
                low[216 + i] = INITVAL_1B[40 * i +: 18]; high[216 + i] = INITVAL_1B[40 * i + 20 +: 18];
                low[224 + i] = INITVAL_1C[40 * i +: 18]; high[224 + i] = INITVAL_1C[40 * i + 20 +: 18];
                low[232 + i] = INITVAL_1D[40 * i +: 18]; high[232 + i] = INITVAL_1D[40 * i + 20 +: 18];
                low[240 + i] = INITVAL_1E[40 * i +: 18]; high[240 + i] = INITVAL_1E[40 * i + 20 +: 18];
                low[248 + i] = INITVAL_1F[40 * i +: 18]; high[248 + i] = INITVAL_1F[40 * i + 20 +: 18];
                low[256 + i] = INITVAL_20[40 * i +: 18]; high[256 + i] = INITVAL_20[40 * i + 20 +: 18];
                low[264 + i] = INITVAL_21[40 * i +: 18]; high[264 + i] = INITVAL_21[40 * i + 20 +: 18];
                low[272 + i] = INITVAL_22[40 * i +: 18]; high[272 + i] = INITVAL_22[40 * i + 20 +: 18];
                low[280 + i] = INITVAL_23[40 * i +: 18]; high[280 + i] = INITVAL_23[40 * i + 20 +: 18];
                low[288 + i] = INITVAL_24[40 * i +: 18]; high[288 + i] = INITVAL_24[40 * i + 20 +: 18];
                low[296 + i] = INITVAL_25[40 * i +: 18]; high[296 + i] = INITVAL_25[40 * i + 20 +: 18];
                low[304 + i] = INITVAL_26[40 * i +: 18]; high[304 + i] = INITVAL_26[40 * i + 20 +: 18];
                low[312 + i] = INITVAL_27[40 * i +: 18]; high[312 + i] = INITVAL_27[40 * i + 20 +: 18];
                low[320 + i] = INITVAL_28[40 * i +: 18]; high[320 + i] = INITVAL_28[40 * i + 20 +: 18];
                low[328 + i] = INITVAL_29[40 * i +: 18]; high[328 + i] = INITVAL_29[40 * i + 20 +: 18];
                low[336 + i] = INITVAL_2A[40 * i +: 18]; high[336 + i] = INITVAL_2A[40 * i + 20 +: 18];
                low[344 + i] = INITVAL_2B[40 * i +: 18]; high[344 + i] = INITVAL_2B[40 * i + 20 +: 18];
                low[352 + i] = INITVAL_2C[40 * i +: 18]; high[352 + i] = INITVAL_2C[40 * i + 20 +: 18];
                low[360 + i] = INITVAL_2D[40 * i +: 18]; high[360 + i] = INITVAL_2D[40 * i + 20 +: 18];
                low[368 + i] = INITVAL_2E[40 * i +: 18]; high[368 + i] = INITVAL_2E[40 * i + 20 +: 18];
                low[376 + i] = INITVAL_2F[40 * i +: 18]; high[376 + i] = INITVAL_2F[40 * i + 20 +: 18];
                low[384 + i] = INITVAL_30[40 * i +: 18]; high[384 + i] = INITVAL_30[40 * i + 20 +: 18];
                low[392 + i] = INITVAL_31[40 * i +: 18]; high[392 + i] = INITVAL_31[40 * i + 20 +: 18];
                low[400 + i] = INITVAL_32[40 * i +: 18]; high[400 + i] = INITVAL_32[40 * i + 20 +: 18];
                low[408 + i] = INITVAL_33[40 * i +: 18]; high[408 + i] = INITVAL_33[40 * i + 20 +: 18];
                low[416 + i] = INITVAL_34[40 * i +: 18]; high[416 + i] = INITVAL_34[40 * i + 20 +: 18];
                low[424 + i] = INITVAL_35[40 * i +: 18]; high[424 + i] = INITVAL_35[40 * i + 20 +: 18];
                low[432 + i] = INITVAL_36[40 * i +: 18]; high[432 + i] = INITVAL_36[40 * i + 20 +: 18];
                low[440 + i] = INITVAL_37[40 * i +: 18]; high[440 + i] = INITVAL_37[40 * i + 20 +: 18];
                low[448 + i] = INITVAL_38[40 * i +: 18]; high[448 + i] = INITVAL_38[40 * i + 20 +: 18];
                low[456 + i] = INITVAL_39[40 * i +: 18]; high[456 + i] = INITVAL_39[40 * i + 20 +: 18];
                low[464 + i] = INITVAL_3A[40 * i +: 18]; high[464 + i] = INITVAL_3A[40 * i + 20 +: 18];
                low[472 + i] = INITVAL_3B[40 * i +: 18]; high[472 + i] = INITVAL_3B[40 * i + 20 +: 18];
                low[480 + i] = INITVAL_3C[40 * i +: 18]; high[480 + i] = INITVAL_3C[40 * i + 20 +: 18];
                low[488 + i] = INITVAL_3D[40 * i +: 18]; high[488 + i] = INITVAL_3D[40 * i + 20 +: 18];
                low[496 + i] = INITVAL_3E[40 * i +: 18]; high[496 + i] = INITVAL_3E[40 * i + 20 +: 18];
                low[504 + i] = INITVAL_3F[40 * i +: 18]; high[504 + i] = INITVAL_3F[40 * i + 20 +: 18];
            end
            always @(posedge CLKA) if (CEA && WEA) begin
                low[at_a[13:5]] <= (low[at_a[13:5]] & ~m_a) | (d_a & m_a);
                high[at_a[13:5]] <= (high[at_a[13:5]] & ~upper) | (d_b & upper);
            end
            always @(posedge CLKB) begin
                if (CEB) begin
                    read_a <= low[at_b[13:5]];
                    read_b <= high[at_b[13:5]];
                end
                if (OCEA) kept_a <= read_a;
                if (OCEB) kept_b <= read_b;
            end
        end else begin : narrow
            reg [17:0] mem [0:1023];
            integer i;
            initial for (i = 0; i < 16; i = i + 1) begin
                mem[0 + i] = INITVAL_00[20 * i +: 18];
                mem[16 + i] = INITVAL_01[20 * i +: 18];
                mem[32 + i] = INITVAL_02[20 * i +: 18];
                mem[48 + i] = INITVAL_03[20 * i +: 18];
                mem[64 + i] = INITVAL_04[20 * i +: 18];
                mem[80 + i] = INITVAL_05[20 * i +: 18];
                mem[96 + i] = INITVAL_06[20 * i +: 18];
                mem[112 + i] = INITVAL_07[20 * i +: 18];
                mem[128 + i] = INITVAL_08[20 * i +: 18];
                mem[144 + i] = INITVAL_09[20 * i +: 18];
                mem[160 + i] = INITVAL_0A[20 * i +: 18];
                mem[176 + i] = INITVAL_0B[20 * i +: 18];
                mem[192 + i] = INITVAL_0C[20 * i +: 18];
                mem[208 + i] = INITVAL_0D[20 * i +: 18];
                mem[224 + i] = INITVAL_0E[20 * i +: 18];
                mem[240 + i] = INITVAL_0F[20 * i +: 18];
                mem[256 + i] = INITVAL_10[20 * i +: 18];
                mem[272 + i] = INITVAL_11[20 * i +: 18];
                mem[288 + i] = INITVAL_12[20 * i +: 18];
                mem[304 + i] = INITVAL_13[20 * i +: 18];
                mem[320 + i] = INITVAL_14[20 * i +: 18];
                mem[336 + i] = INITVAL_15[20 * i +: 18];
                mem[352 + i] = INITVAL_16[20 * i +: 18];
                mem[368 + i] = INITVAL_17[20 * i +: 18];
                mem[384 + i] = INITVAL_18[20 * i +: 18];
                mem[400 + i] = INITVAL_19[20 * i +: 18];
                mem[416 + i] = INITVAL_1A[20 * i +: 18];
                mem[432 + i] = INITVAL_1B[20 * i +: 18];
                mem[448 + i] = INITVAL_1C[20 * i +: 18];
                mem[464 + i] = INITVAL_1D[20 * i +: 18];
                mem[480 + i] = INITVAL_1E[20 * i +: 18];
                mem[496 + i] = INITVAL_1F[20 * i +: 18];
                mem[512 + i] = INITVAL_20[20 * i +: 18];
                mem[528 + i] = INITVAL_21[20 * i +: 18];
                mem[544 + i] = INITVAL_22[20 * i +: 18];
                mem[560 + i] = INITVAL_23[20 * i +: 18];
                mem[576 + i] = INITVAL_24[20 * i +: 18];
                mem[592 + i] = INITVAL_25[20 * i +: 18];
                mem[608 + i] = INITVAL_26[20 * i +: 18];
                mem[624 + i] = INITVAL_27[20 * i +: 18];
                mem[640 + i] = INITVAL_28[20 * i +: 18];
                mem[656 + i] = INITVAL_29[20 * i +: 18];
                mem[672 + i] = INITVAL_2A[20 * i +: 18];
                mem[688 + i] = INITVAL_2B[20 * i +: 18];
                mem[704 + i] = INITVAL_2C[20 * i +: 18];
                mem[720 + i] = INITVAL_2D[20 * i +: 18];
                mem[736 + i] = INITVAL_2E[20 * i +: 18];
                mem[752 + i] = INITVAL_2F[20 * i +: 18];
                mem[768 + i] = INITVAL_30[20 * i +: 18];
                mem[784 + i] = INITVAL_31[20 * i +: 18];
                mem[800 + i] = INITVAL_32[20 * i +: 18];
                mem[816 + i] = INITVAL_33[20 * i +: 18];
                mem[832 + i] = INITVAL_34[20 * i +: 18];
                mem[848 + i] = INITVAL_35[20 * i +: 18];
                mem[864 + i] = INITVAL_36[20 * i +: 18];
                mem[880 + i] = INITVAL_37[20 * i +: 18];
                mem[896 + i] = INITVAL_38[20 * i +: 18];
                mem[912 + i] = INITVAL_39[20 * i +: 18];
                mem[928 + i] = INITVAL_3A[20 * i +: 18];
                mem[944 + i] = INITVAL_3B[20 * i +: 18];
                mem[960 + i] = INITVAL_3C[20 * i +: 18];
                mem[976 + i] = INITVAL_3D[20 * i +: 18];
                mem[992 + i] = INITVAL_3E[20 * i +: 18];
                mem[1008 + i] = INITVAL_3F[20 * i +: 18];
            end
            always @(posedge CLKA) begin
                if (CEA && WEA) mem[at_a[13:4]] <= (mem[at_a[13:4]] & ~m_a) | (s_a & m_a);
                if (CEA && !WEA) read_a <= picked(DATA_WIDTH_A, at_a, mem[at_a[13:4]]);
                if (OCEA) kept_a <= read_a;
            end
            always @(posedge CLKB) begin
                if (CEB && WEB) mem[at_b[13:4]] <= (mem[at_b[13:4]] & ~m_b) | (s_b & m_b);
                if (CEB && !WEB) read_b <= picked(DATA_WIDTH_B, at_b, mem[at_b[13:4]]);
                if (OCEB) kept_b <= read_b;
            end
        end
    endgenerate
    assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2,
    DOA1, DOA0} = (REGMODE_A == "OUTREG") ? kept_a : read_a;
    assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2,
    DOB1, DOB0} = (REGMODE_B == "OUTREG") ? kept_b : read_b;
endmodule
